// The examples do what they say, and end.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connection, messages } from './pair.mjs';

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

test('echo-server', async (t) => {
  const example = fileURLToPath(new URL('../examples/echo-server.mjs', import.meta.url));
  const server = spawn(process.execPath, [example, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => server.kill());
  const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
  const [, url, port] = /^(http:\S+\/), and port (\d+) for data\n$/.exec(line);
  const post = (text) => fetch(`${url}offer`, { method: 'POST', body: text });

  const client = connection(t);
  const channel = client.createDataChannel('echo');
  channel.onopen = () => ['hello', 'again'].forEach((text) => channel.send(text));
  const echoed = messages(channel, 2);
  await client.setLocalDescription();
  const response = await post(JSON.stringify(client.localDescription));
  await client.setRemoteDescription(await response.json());
  assert.deepEqual(await echoed, ['hello', 'again']);
  assert.equal(client.sctp.transport.iceTransport.getSelectedCandidatePair().remote.port, Number(port));

  for (const text of ['', '{}', '{"type":"offer","sdp":"v=1"}', '"'.repeat(100_000)]) {
    assert.equal((await post(text)).status, 400, text.slice(0, 50));
  }
  assert.match(await (await fetch(url)).text(), /^<!doctype html>/);
});
