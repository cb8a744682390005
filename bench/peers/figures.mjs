// What the measurements of the stacks of other languages share: the same scenarios as src/scenario, on two connected ends.
import { readFileSync, readdirSync } from 'node:fs';

const BULK_LIMIT = 5000;
const BULK_BYTES = 2 ** 30;
const SMALL_LIMIT = 4000;
const SMALL = 100;
const ROUND_TRIPS = 20_000;

/** Seconds of processor time of the processes that began with `root`, and their peak memory in KiB. */
export function usage(root = process.pid) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${name}/status`, 'latin1'));
      const seconds = (Number(fields[11]) + Number(fields[12])) / 100;
      parents.set(Number(name), { parent: Number(fields[1]), seconds, peak: Number(peak?.[1] ?? 0) });
    } catch {}
  }
  const sum = { seconds: 0, peak: 0 };
  for (const [number, { seconds, peak }] of parents) {
    let at = number;
    while (at !== root && parents.has(at)) at = parents.get(at).parent;
    if (at !== root) continue;
    sum.seconds += seconds;
    sum.peak += peak;
  }
  return sum;
}

/**
 * Measures `scenario` and prints its figures. `work(kind, size, limit, amount)` does it where the ends are, for `limit`
 * milliseconds or until `amount` bytes or round trips are done, and answers `{ received, sent, milliseconds, times }`.
 */
export async function measure(scenario, work, root) {
  const bulk = /^bulk, (\d+) bytes$/.exec(scenario);
  let figures;
  if (bulk) {
    const start = usage(root);
    const { received, milliseconds } = await work('bulk', Number(bulk[1]), BULK_LIMIT, BULK_BYTES);
    const end = usage(root);
    figures = [received / 1e3 / milliseconds, (end.seconds - start.seconds) / (received / 1e9), end.peak / 1024];
  } else if (scenario.startsWith('small')) {
    const reliable = scenario === 'small, reliable';
    const start = usage(root);
    const { received, sent, milliseconds } = await work(reliable ? 'bulk' : 'unreliable', SMALL, SMALL_LIMIT, Infinity);
    const end = usage(root);
    const messages = received / SMALL;
    const lost = reliable ? 0 : (1 - received / Math.max(sent, received)) * 100;
    const cost = ((end.seconds - start.seconds) / messages) * 1e6;
    figures = [messages / milliseconds, cost, lost, end.peak / 1024];
  } else if (scenario === 'ping-pong') {
    const start = usage(root);
    const { times } = await work('ping-pong', 64, Infinity, ROUND_TRIPS);
    const seconds = usage(root).seconds - start.seconds;
    times.sort((one, other) => one - other);
    const at = (part) => times[Math.floor(times.length * part)] * 1000;
    figures = [at(0.5), at(0.99), (seconds / times.length) * 1e6];
  } else {
    throw new Error(`unknown scenario ${scenario}`);
  }
  console.log(`figures ${figures.join(' ')}`);
}

/**
 * The work, in a page or in Node.js: it needs nothing from outside of it. `near` and `far` are open channels
 * as the W3C has them.
 */
export async function work(near, far, kind, size, limit, amount) {
  const message = new Uint8Array(size).fill(0x5a);
  const start = performance.now();
  if (kind === 'ping-pong') {
    const times = [];
    far.onmessage = ({ data }) => far.send(data);
    for (let trip = 0; trip < amount; trip++) {
      const sent = performance.now();
      await new Promise((resolve) => {
        near.onmessage = resolve;
        near.send(message);
      });
      times.push(performance.now() - sent);
    }
    return { times };
  }
  const HIGH = 1 << 20;
  let [received, sent, over] = [0, 0, false];
  near.bufferedAmountLowThreshold = HIGH >> 1;
  const done = new Promise((resolve) => {
    setTimeout(resolve, limit);
    far.onmessage = ({ data }) => {
      received += data.byteLength;
      if (received >= amount) resolve();
    };
  });
  const fill = () => {
    while (!over && near.bufferedAmount < HIGH) {
      near.send(message);
      sent += size;
    }
  };
  near.onbufferedamountlow = fill;
  fill();
  await done;
  over = true;
  return { received, sent, milliseconds: performance.now() - start };
}
