// y-webrtc: three Node.js processes edit one document, through the signalling server of the package on loopback.
import assert from 'node:assert/strict';
import test from 'node:test';
import { DEADLINE } from '../harness/deadline.mjs';
import { yjsSignalling } from '../harness/servers.mjs';
import { inNode } from '../harness/side.mjs';

async function room(t, count, options = {}) {
  const signaling = await yjsSignalling(t);
  const names = ['ada', 'bob', 'eve'].slice(0, count);
  const sides = await Promise.all(names.map((name) => inNode(t, 'y-webrtc', { name })));
  // Two that come at the same moment call each other, and y-webrtc then sends on channels that nobody listens to.
  for (const side of sides) await side.call('join', { room: 'room', signaling, ...options });
  return sides;
}

test('three documents become one', { timeout: 3 * DEADLINE }, async (t) => {
  const sides = await room(t, 3);
  await Promise.all(sides.map((side, at) => side.call('set', { key: side.name, value: at })));
  await sides[0].call('insert', { at: 0, text: 'hello' });
  const maps = await Promise.all(sides.map((side) => side.call('map', 3)));
  assert.deepEqual(maps[1], maps[0]);
  assert.deepEqual(maps[2], maps[0]);
  assert.equal(await sides[2].call('text', 5), 'hello');
  await sides[2].call('insert', { at: 5, text: ' world' });
  assert.deepEqual(await Promise.all(sides.map((side) => side.call('text', 11))), Array(3).fill('hello world'));
});

test('what was there before is synced', { timeout: 3 * DEADLINE }, async (t) => {
  const signaling = await yjsSignalling(t);
  const [ada, bob] = await Promise.all(['ada', 'bob'].map((name) => inNode(t, 'y-webrtc', { name })));
  const text = 'a long page. '.repeat(20_000);
  await ada.call('insert', { at: 0, text });
  await ada.call('join', { room: 'room', signaling });
  await bob.call('join', { room: 'room', signaling });
  assert.equal(await bob.call('text', text.length), text);
  assert.equal((await bob.next('synced')).synced, true);
});

test('a room with a password, and who is in it', { timeout: 3 * DEADLINE }, async (t) => {
  const sides = await room(t, 2, { password: 'secret' });
  await Promise.all(sides.map((side) => side.call('present', side.name)));
  const users = sides.map((side) => side.name).sort();
  assert.deepEqual(await Promise.all(sides.map((side) => side.call('users', 2))), [users, users]);
  await sides[1].call('leave');
  assert.deepEqual(await sides[0].next('left'), { type: 'left', others: 0 });
});
