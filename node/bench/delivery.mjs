// What it costs to deliver a message of 1,200 bytes to JavaScript, beside the same to a Rust program, in one run.
//
//   node bench/delivery.mjs [COUNT] [ROUNDS]
//
// The sender is the same Rust process each time; the receivers are a Rust process, a process with the addon alone, and
// one with the W3C classes, where `onmessage` reads an ArrayBuffer of its own. "floor" receives nothing: it is Node.js
// making as many ArrayBuffers and MessageEvents and handing them to a listener. They take turns. Figures are the receiving
// process's, for each message, the median of the rounds: the processor time of all its threads, in two parts (the
// library's threads do the same for all three; what is left is the program's and, in Node.js, V8's), and wall time.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const count = Number(process.argv[2] ?? 300_000);
const rounds = Number(process.argv[3] ?? 5);
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

function parse(result) {
  const [measured, ...times] = result.split(' ').slice(1).map(Number);
  const [wall, workers, others] = times.map((nanoseconds) => nanoseconds / 1000 / measured);
  return { wall, workers, others, cpu: workers + others };
}

async function measureFloor() {
  const { stdout } = spawnSync(process.execPath, [receiver, 'floor', count], { encoding: 'utf8' });
  return parse(stdout);
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
  const result = await answer();
  from.kill();
  to.kill();
  return parse(result);
}

function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const program = build();
const receivers = {
  Rust: () => measure(program, program, 'receive'),
  addon: () => measure(program, process.execPath, receiver, 'addon'),
  floor: measureFloor,
  RTCDataChannel: () => measure(program, process.execPath, receiver, 'classes'),
};
const results = Object.fromEntries(Object.keys(receivers).map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(receivers)) results[name].push(await run());
}
const of = (name, what) => median(results[name].map((result) => result[what]));
// Each round's Rust is what its others are compared with: a machine that has other things to do slows down all of a round.
const more = (name, what) => median(results[name].map((result, round) => result[what] - results.Rust[round][what]));
console.log(`${count} messages of ${SIZE} bytes, medians of ${rounds} rounds, in microseconds for each message:`);
for (const name of Object.keys(receivers)) {
  const figures = ['cpu', 'workers', 'others', 'wall'].map((what) => of(name, what).toFixed(2).padStart(6));
  const [cpu, workers, others, wall] = figures;
  const beside = `more than Rust: ${more(name, 'cpu').toFixed(2)} in all, ${more(name, 'others').toFixed(2)} outside of the library's threads`;
  console.log(
    `  ${name.padEnd(15)} processor ${cpu} (library ${workers}, program ${others})  wall ${wall}` +
      (name === 'Rust' || name === 'floor' ? '' : `  ${beside}`),
  );
}
