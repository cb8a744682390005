// The examples do what they say, and end.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Runs an example until it ends by itself; answers what it printed, by line. */
async function run(name) {
  const example = fileURLToPath(new URL(`../examples/${name}.mjs`, import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [example], { timeout: 30_000 });
  assert.equal(stderr, '');
  return stdout.trimEnd().split('\n');
}

test('data-channel', async () => {
  assert.deepEqual(await run('data-channel'), ['alice says: hello', 'bob says: hello yourself']);
});

test('perfect-negotiation', async () => {
  const lines = await run('perfect-negotiation');
  assert.equal(lines.pop(), 'one transceiver for both: sendrecv,sendrecv');
  assert.deepEqual(lines.sort(), [
    'impolite: got audio in a stream of 1',
    'impolite: got the channel "from polite"',
    'polite: got audio in a stream of 1',
    'polite: got the channel "from impolite"',
  ]);
});
