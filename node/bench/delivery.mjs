// What it costs to deliver a message of 1,200 bytes to JavaScript, beside the same to a Rust program, in one run.
//
//   node bench/delivery.mjs [COUNT] [ROUNDS]
//
// The sender is the same Rust process each time; the receivers are a Rust process, a process with the addon alone, and
// one with the W3C classes. Figures are the receiving process's, for each message: its processor time (all threads),
// and wall time. Of the rounds, which take turns, the fastest counts.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const count = Number(process.argv[2] ?? 300_000);
const rounds = Number(process.argv[3] ?? 3);
const SIZE = 1200;
const root = fileURLToPath(new URL('../../', import.meta.url));
const receiver = fileURLToPath(new URL('receiver.mjs', import.meta.url));

/** The Rust program, built as users build it. */
function build() {
  const cargo = spawnSync(
    'cargo',
    ['build', '--release', '--package', 'visavis', '--example', 'delivery', '--message-format', 'json-render-diagnostics'],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: Infinity },
  );
  if (cargo.status !== 0) process.exit(1);
  const messages = cargo.stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  return messages.findLast((message) => message.executable && message.target.name === 'delivery').executable;
}

/** Lines of a process, one after the other. */
function lines(child) {
  const iterator = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => (await iterator.next()).value;
}

async function measure(program, command, ...args) {
  const stdio = ['pipe', 'pipe', 'inherit'];
  const from = spawn(program, ['send', count, SIZE], { stdio });
  const to = spawn(command, [...args, count], { stdio });
  const [offer, answer] = [lines(from), lines(to)];
  to.stdin.write(`${await offer()}\n`);
  from.stdin.write(`${await answer()}\n`);
  const [, wall, cpu] = (await answer()).split(' ');
  from.kill();
  to.kill();
  return { wall: wall / 1000 / count, cpu: cpu / 1000 / count };
}

const program = build();
const receivers = {
  Rust: () => measure(program, program, 'receive'),
  addon: () => measure(program, process.execPath, receiver, 'addon'),
  RTCDataChannel: () => measure(program, process.execPath, receiver, 'classes'),
};
const best = {};
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(receivers)) {
    const { wall, cpu } = await run();
    best[name] ??= { wall: Infinity, cpu: Infinity };
    best[name] = { wall: Math.min(best[name].wall, wall), cpu: Math.min(best[name].cpu, cpu) };
  }
}
console.log(`${count} messages of ${SIZE} bytes, the best of ${rounds} rounds, in microseconds for each message:`);
for (const [name, { wall, cpu }] of Object.entries(best)) {
  const more = name === 'Rust' ? '' : `  (${(cpu - best.Rust.cpu).toFixed(2)} more than Rust)`;
  console.log(`  ${name.padEnd(15)} processor ${cpu.toFixed(2)}  wall ${wall.toFixed(2)}${more}`);
}
