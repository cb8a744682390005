// Two Node.js programs and one Rust program join one mesh, and everyone greets everyone.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DEADLINE, within } from '../harness/deadline.mjs';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const JAVASCRIPT = [process.execPath, fileURLToPath(new URL('../../examples/mesh.mjs', import.meta.url))];

/** The Rust program, built as `cargo test --workspace` builds it: nothing is left to do where that ran. */
async function rust() {
  const { stdout } = await promisify(execFile)(
    'cargo',
    ['build', '--workspace', '--exclude', 'visavis-interop', '--example', 'mesh', '--message-format', 'json'],
    { cwd: REPOSITORY, maxBuffer: Infinity },
  );
  const artifact = stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line))
    .find(({ target, executable }) => executable && target.name === 'mesh');
  return [artifact.executable];
}

/** Starts a program and reads its lines; it ends with the test. */
function start(t, [command, ...first], ...rest) {
  const child = spawn(command, [...first, ...rest], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = [];
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  t.after(() => child.kill());
  return {
    end: () => child.kill(),
    /** Resolves with the first line that matches. */
    line(pattern) {
      const found = new Promise((resolve) => {
        const look = () => {
          const line = lines.find((candidate) => pattern.test(candidate));
          if (line !== undefined) resolve(line);
        };
        waiting.push(look);
        look();
      });
      return within(found, () => `${command} ${rest}: no ${pattern}, but ${JSON.stringify(lines)}`);
    },
  };
}

for (const host of ['Rust', 'JavaScript']) {
  test(`two Node.js programs and one Rust program, meeting in ${host}`, { timeout: 600_000 }, async (t) => {
    const languages = { Rust: await rust(), JavaScript: JAVASCRIPT };
    const meeting = start(t, languages[host], 'serve', '127.0.0.1:0');
    const address = (await meeting.line(/^meeting at /)).slice('meeting at '.length);
    const members = [['ada', 'JavaScript'], ['bob', 'Rust'], ['eve', 'JavaScript']]
      .map(([name, language]) => ({ name, language, program: start(t, languages[language], 'join', name, address) }));
    const greetings = members.flatMap(({ name, program }) => members
      .filter((other) => other.name !== name)
      .map((other) => program.line(new RegExp(`^${other.name} says: hello ${name}, this is ${other.name} in ${other.language}$`))));
    assert.equal((await Promise.all(greetings)).length, 6);
    members[0].program.end();
    await Promise.all(members.slice(1).map(({ program }) => program.line(/^ada left$/)));
  });
}
