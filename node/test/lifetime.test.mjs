import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import test from 'node:test';
import { RTCPeerConnection } from '../js/generated/index.mjs';
import { connect } from './lifetime/channels.mjs';
import { once } from './pair.mjs';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Collects garbage until the object is gone; some turns of the event loop are enough, or none are. */
async function isCollected(reference) {
  for (let turn = 0; turn < 50; turn += 1) {
    await nextTurn();
    collectGarbage();
    if (reference.deref() === undefined) return true;
  }
  return false;
}

test('a connection that never began is collected', async () => {
  const reference = (() => new WeakRef(new RTCPeerConnection()))();
  assert.equal(await isCollected(reference), true);
});

test('a connection that only gathered is collected', async () => {
  const reference = await (async () => {
    const pc = new RTCPeerConnection({ includeLoopback: true });
    pc.createDataChannel('');
    await pc.setLocalDescription();
    while (pc.iceGatheringState !== 'complete') await once(pc, 'icegatheringstatechange');
    return new WeakRef(pc);
  })();
  assert.equal(await isCollected(reference), true);
});

test('a closed connection is collected', async () => {
  const references = await (async () => {
    const { a, b } = await connect();
    a.close();
    b.close();
    return [new WeakRef(a), new WeakRef(b)];
  })();
  for (const reference of references) assert.equal(await isCollected(reference), true);
});

test('an open connection is not collected: its channel hears of the end', async () => {
  const { channel, remote } = await (async () => {
    const { b, channel } = await connect();
    return { channel: once(channel, 'close'), remote: b };
  })();
  for (let turn = 0; turn < 5; turn += 1) {
    await nextTurn();
    collectGarbage();
  }
  remote.close();
  await channel;
});

test('a worker has connections of its own, and may be terminated in the middle', async () => {
  const worker = new Worker(new URL('lifetime/worker.mjs', import.meta.url));
  assert.equal(await new Promise((resolve) => worker.once('message', resolve)), 'hello');
  await worker.terminate();
});

/** Runs a program of `lifetime/`: its exit code and what it wrote. */
function program(name) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(new URL(`lifetime/${name}`, import.meta.url))]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    child.on('close', (code) => resolve({ code, output }));
  });
}

test('an exception in a listener ends the process as any uncaught exception does', async () => {
  const { code, output } = await program('throws.mjs');
  assert.equal(code, 1);
  assert.match(output, /Error: from a listener/);
});

test('where uncaught exceptions are handled, everything goes on', async () => {
  const { code, output } = await program('handles.mjs');
  assert.equal(
    output,
    'caught: from a listener\ncaught: from a promise\ncaught: from a tick\nmessage 2\nsecond listener\n',
  );
  assert.equal(code, 0);
});

test('the process ends when nothing can happen any more, and not before', async () => {
  for (const [name, output] of [
    ['idle.mjs', 'offered\n'],
    ['closes.mjs', 'closed\n'],
  ]) {
    assert.deepEqual(await program(name), { code: 0, output });
  }
});
