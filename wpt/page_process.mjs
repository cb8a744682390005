// Runs one test file in a process of its own and gathers what it reports, whatever becomes of the process.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('page/main.mjs', import.meta.url));
/** What is kept of a process's own output, for the case that it breaks down. */
const OUTPUT_LIMIT = 4000;

/**
 * @param {string} file path in the checkout, with its variant
 * @param {{checkout: string, implementation: string, limit: number, patience: number, leftOut: string[], verbose: boolean}}
 *   options `limit` and `patience`, for the file and for each promise test, in ms
 * @returns {Promise<{file: string, subtests: Map<string, {status: string, message: string | null}>, complete: boolean,
 *   harness: {status: string, message: string | null} | null, trouble: string | null, last: number, elapsed: number}>}
 *   `trouble` says how the process ended, if not well; `last` is when the last subtest passed or failed
 */
export function runPage(file, { checkout, implementation, limit, patience, leftOut, verbose }) {
  const started = performance.now();
  const child = fork(MAIN, [checkout, implementation, file, String(patience), ...leftOut], {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const result = { file, subtests: new Map(), complete: false, harness: null, trouble: null, last: 0, elapsed: 0 };
  const add = ({ name, status, message }) => result.subtests.set(name, { status, message });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-OUTPUT_LIMIT);
      if (verbose) process.stderr.write(chunk);
    });
  }
  child.on('message', (message) => {
    if (message.kind === 'subtest') {
      add(message);
      result.last = performance.now() - started;
    } else if (message.kind === 'complete') {
      message.subtests.forEach(add);
      result.complete = true;
      result.harness = message.harness;
    }
  });
  return new Promise((resolve) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, limit);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      result.elapsed = performance.now() - started;
      if (late) result.trouble = result.complete ? 'it did not end' : 'its time was over';
      else if (signal !== null) result.trouble = `it ended with ${signal}`;
      else if (code !== 0) result.trouble = `it ended with code ${code}`;
      else if (!result.complete) result.trouble = 'it ended before its tests';
      if (result.trouble !== null && !late && output !== '') result.trouble += `: ${output.trim().split('\n').slice(-6).join(' | ')}`;
      resolve(result);
    });
  });
}
