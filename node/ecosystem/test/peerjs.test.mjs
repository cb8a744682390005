// peerjs' data connections through a PeerServer on loopback: two Node.js processes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { DEADLINE } from '../harness/deadline.mjs';
import { peerServer } from '../harness/servers.mjs';
import { inNode } from '../harness/side.mjs';

async function registered(t, serializer) {
  const port = await peerServer(t);
  const sides = await Promise.all(['one', 'two'].map((name) => inNode(t, 'peerjs', { name })));
  await Promise.all(sides.map(async (side, at) => {
    const id = ['one', 'two'][at];
    await side.call('register', { id, port, serializer });
    assert.equal((await side.next('registered')).id, id);
  }));
  return sides;
}

async function connected(t, options, serializer) {
  const [one, two] = await registered(t, serializer);
  await one.call('connect', { to: 'two', options });
  const [at] = await Promise.all([one.next('connected'), two.next('connected')]);
  return { one, two, at };
}

/** Sends all values at once, and expects them in order on the other side. */
async function crosses(from, to, values) {
  const sent = await Promise.all(values.map((value) => from.call('send', value)));
  for (const value of sent) assert.deepEqual((await to.next('data')).value, value);
}

const PLAIN = ['text', 'grüße 👋', '', 42, -1.5, true, [null, 'list', 1, { of: 'things' }], { nested: { deeply: [{}] } }];
const BINARY = ['ArrayBuffer', 'Uint8Array'].map((binary, seed) => ({ binary, seed, length: 1000 }));
const LARGE = { binary: 'ArrayBuffer', seed: 7, length: 3 << 20 };

test('binary pack, in both directions', { timeout: 3 * DEADLINE }, async (t) => {
  const { one, two, at } = await connected(t, { label: 'packed' });
  assert.deepEqual(at, { type: 'connected', serialization: 'binary', label: 'packed' });
  const values = [...PLAIN, ...BINARY, { with: BINARY[0], and: PLAIN }, { binary: 'Blob', seed: 3, length: 500 }];
  await crosses(one, two, values);
  await crosses(two, one, values);
});

test('binary pack, large messages in chunks', { timeout: 3 * DEADLINE }, async (t) => {
  const { one, two } = await connected(t, { reliable: true });
  await crosses(one, two, [LARGE, 'after it', { repeat: 'text ', times: 100_000 }]);
});

test('JSON', { timeout: 3 * DEADLINE }, async (t) => {
  const { one, two, at } = await connected(t, { serialization: 'json', reliable: true });
  assert.equal(at.serialization, 'json');
  await crosses(one, two, PLAIN);
  await crosses(two, one, PLAIN);
  await one.call('send', { repeat: 'x', times: 100_000 });
  assert.equal((await one.next('error')).kind, 'message-too-big');
});

test('raw', { timeout: 3 * DEADLINE }, async (t) => {
  const { one, two } = await connected(t, { serialization: 'raw', reliable: true });
  await crosses(one, two, ['text', ...BINARY, { binary: 'Uint8Array', seed: 8, length: 200_000 }]);
});

test('MessagePack over streams', { timeout: 3 * DEADLINE }, async (t) => {
  const { one, two, at } = await connected(t, { serialization: 'MsgPack' }, 'MsgPack');
  assert.equal(at.serialization, 'MsgPack');
  await crosses(one, two, [...PLAIN, BINARY[1], { ...LARGE, binary: 'Uint8Array' }]);
  await crosses(two, one, PLAIN);
});

test('a closed connection closes on the other side', { timeout: 3 * DEADLINE }, async (t) => {
  const { one, two } = await connected(t, {});
  await one.call('disconnect', {});
  await Promise.all([one.next('disconnected'), two.next('disconnected')]);
});

test('the library finds what it looks for', { timeout: 3 * DEADLINE }, async (t) => {
  const one = await inNode(t, 'peerjs');
  const { audioVideo, data, binaryBlob, reliable, webRTC } = await one.call('supports');
  assert.deepEqual({ audioVideo, data, binaryBlob, reliable, webRTC }, {
    audioVideo: true, data: true, binaryBlob: true, reliable: true, webRTC: true,
  });
});

test('a call is answered with streams', { timeout: 3 * DEADLINE }, async (t) => {
  const [one, two] = await registered(t);
  await one.call('call', 'two');
  assert.deepEqual((await two.next('stream')).kinds, ['audio', 'video']);
  assert.deepEqual((await one.next('stream')).kinds, ['audio']);
  await one.next('in a call');
  await one.call('hangUp');
  await two.next('hung up');
});
