// Ends processes in the middle of everything, in every rude way in turn, and looks how they end.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const victim = fileURLToPath(new URL('victim.mjs', import.meta.url));

export const WAYS = [
  'exit',
  'throw',
  'sigterm',
  'close',
  'collect',
  'worker-terminate',
  'worker-exit',
  'worker-orphan',
];

/** How long one may take: many times what it takes. */
const PATIENCE = 60_000;

export const LAYERS = ['addon', 'classes'];

/** Runs one; what is wrong with how it ended, or `null`. */
export function rude(layer, way) {
  return new Promise((resolve) => {
    const started = process.hrtime.bigint();
    execFile(
      process.execPath,
      ['--expose-gc', victim, layer, way],
      { timeout: PATIENCE, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const took = Number(process.hrtime.bigint() - started) / 1e6;
        const how = error && (error.signal ? `signal ${error.signal}` : `exit code ${error.code}`);
        resolve(how || stderr ? `${layer}, ${way}: ${how ?? 'exit code 0'} after ${took.toFixed()} ms\n${stderr}${stdout}` : null);
      },
    );
  });
}
