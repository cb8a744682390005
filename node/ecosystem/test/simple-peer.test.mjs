// simple-peer: two Node.js processes run its build for browsers.
import assert from 'node:assert/strict';
import test from 'node:test';
import { DEADLINE } from '../harness/deadline.mjs';
import { link } from '../harness/link.mjs';
import { inNode } from '../harness/side.mjs';

/** Two linked sides; the first is the initiator. */
async function pair(t, { both = {}, media = null } = {}) {
  const [one, two] = await Promise.all(['one', 'two'].map((name) => inNode(t, 'simple-peer', { name })));
  await two.call('create', { options: both });
  link(one, two);
  const { streams } = await one.call('create', { options: { ...both, initiator: true }, media });
  return { one, two, streams };
}

async function connected(t, options) {
  const sides = await pair(t, options);
  await Promise.all([sides.one.next('connect'), sides.two.next('connect')]);
  return sides;
}

async function exchange(one, two) {
  for (const [from, to] of [[one, two], [two, one]]) {
    await from.call('sendText', `grüße von ${from.name}`);
    await from.call('sendBytes', [0, 255, 128, 1]);
    assert.deepEqual(await to.next('data'), { type: 'data', bytes: [...Buffer.from(`grüße von ${from.name}`)] });
    assert.deepEqual(await to.next('data'), { type: 'data', bytes: [0, 255, 128, 1] });
  }
}

test('data both ways, with trickle', { timeout: 2 * DEADLINE }, async (t) => {
  const { one, two } = await connected(t);
  await exchange(one, two);
});

test('data both ways, without trickle', { timeout: 2 * DEADLINE }, async (t) => {
  const { one, two } = await connected(t, { both: { trickle: false } });
  await exchange(one, two);
});

test('object mode keeps strings and binary apart', { timeout: 2 * DEADLINE }, async (t) => {
  const { one, two } = await connected(t, { both: { objectMode: true } });
  await one.call('sendText', 'text');
  await one.call('sendBytes', [1, 2, 3]);
  await one.call('sendText', '');
  assert.deepEqual(await two.next('data'), { type: 'data', text: 'text' });
  assert.deepEqual(await two.next('data'), { type: 'data', bytes: [1, 2, 3] });
  assert.deepEqual(await two.next('data'), { type: 'data', text: '' });
});

test('a negotiated channel that is not reliable', { timeout: 2 * DEADLINE }, async (t) => {
  const channelConfig = { negotiated: true, id: 7, maxPacketLifeTime: 5000 };
  const { one, two } = await connected(t, { both: { channelName: 'agreed', channelConfig } });
  assert.equal((await one.call('state')).connected, true);
  await exchange(one, two);
});

test('the addresses are those of the selected candidate pair', { timeout: 2 * DEADLINE }, async (t) => {
  // With trickle a peer may be connected before it is told the other's address, and then it is not told it by us.
  const { one, two } = await connected(t, { both: { trickle: false } });
  const [ours, theirs] = await Promise.all([one.call('addresses'), two.call('addresses')]);
  assert.deepEqual(ours.local, theirs.remote);
  assert.deepEqual(ours.remote, theirs.local);
  assert.ok(ours.local[1] > 0);
});

test('eight megabytes through the stream, with back pressure', { timeout: 2 * DEADLINE }, async (t) => {
  const { one, two } = await connected(t);
  const bytes = 8 << 20;
  await two.call('expect', bytes);
  const sent = await one.call('write', { seed: 1, bytes, chunk: 16 << 10 });
  assert.deepEqual(await two.call('received'), { bytes, sha256: sent });
});

test('large messages', { timeout: 2 * DEADLINE }, async (t) => {
  const { one, two } = await connected(t);
  const bytes = 1 << 20;
  await two.call('expect', bytes);
  const sent = await one.call('write', { seed: 2, bytes, chunk: 256 << 10 });
  assert.deepEqual(await two.call('received'), { bytes, sha256: sent });
});

test('destroying one side closes the other', { timeout: 2 * DEADLINE }, async (t) => {
  const { one, two } = await connected(t);
  await one.call('destroy');
  await Promise.all([one.next('close'), two.next('close')]);
  assert.equal((await two.call('state')).destroyed, true);
  assert.deepEqual(one.pending('error'), []);
  // close() aborts the association. If that overtakes the channel's own end, it is an error, in Chromium as well.
  for (const { message } of two.pending('error')) assert.match(message, /User-Initiated Abort/);
});

test('a destroyed side reports its error', { timeout: 2 * DEADLINE }, async (t) => {
  const { one, two } = await connected(t);
  await two.call('destroy', 'enough');
  assert.equal((await two.next('error')).message, 'enough');
  await Promise.all([one.next('close'), two.next('close')]);
});

test('a bad description is an error with its code', { timeout: 2 * DEADLINE }, async (t) => {
  const one = await inNode(t, 'simple-peer');
  await one.call('create', { options: {} });
  await one.call('signal', { type: 'offer', sdp: 'nonsense' });
  assert.equal((await one.next('error')).code, 'ERR_SET_REMOTE_DESCRIPTION');
  await one.next('close');
});

test('streams from the beginning', { timeout: 2 * DEADLINE }, async (t) => {
  const { two, streams } = await connected(t, { media: { audio: true, video: true } });
  const tracks = [await two.next('track'), await two.next('track')];
  assert.deepEqual(tracks.map(({ kind }) => kind).sort(), ['audio', 'video']);
  assert.deepEqual(tracks.map(({ stream }) => stream), [streams[0], streams[0]]);
  assert.deepEqual(await two.next('stream'), { type: 'stream', id: streams[0], kinds: ['audio', 'video'] });
});

test('streams later, from either side, and away again', { timeout: 2 * DEADLINE }, async (t) => {
  const { one, two } = await connected(t);
  const first = await one.call('addStream', { audio: true });
  assert.equal((await two.next('stream')).id, first);
  const second = await two.call('addStream', { video: true, audio: true });
  // The video needs a transceiver that the initiator has to make.
  const tracks = [await one.next('track'), await one.next('track')];
  assert.deepEqual(tracks.map(({ kind, stream }) => [kind, stream]).sort(), [['audio', second], ['video', second]]);
  await two.call('replaceTrack', { stream: second, media: { video: true } });
  await one.call('removeStream', first);
  await one.next('negotiated');
  await exchange(one, two);
});

test('a transceiver that the answering side asks for', { timeout: 2 * DEADLINE }, async (t) => {
  const { one, two } = await connected(t);
  await two.call('addTransceiver', { kind: 'video', init: { direction: 'recvonly' } });
  await Promise.all([one.next('negotiated'), two.next('negotiated')]);
  await exchange(one, two);
});
