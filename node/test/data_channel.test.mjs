import assert from 'node:assert/strict';
import test from 'node:test';
import { connection, messages, once, openChannels } from './pair.mjs';

test('messages of every kind arrive in the order in which they were sent', async (t) => {
  const { channel, other } = await openChannels(t);
  const received = messages(other, 6);
  const view = new Uint16Array([1, 2, 3]).subarray(1);
  channel.send('text ✓');
  channel.send(new Blob(['from a blob']));
  channel.send(new Uint8Array([1, 2, 3]).buffer);
  channel.send(view);
  channel.send('');
  channel.send(new Uint8Array(0));
  const [text, blob, buffer, part, nothing, empty] = await received;
  assert.equal(text, 'text ✓');
  assert.equal(Buffer.from(blob).toString(), 'from a blob');
  assert.deepEqual(new Uint8Array(buffer), new Uint8Array([1, 2, 3]));
  assert.deepEqual(new Uint16Array(part), new Uint16Array([2, 3]));
  assert.equal(nothing, '');
  assert.equal(empty.byteLength, 0);
  assert.ok(empty instanceof ArrayBuffer);
});

test('binaryType decides what binary messages are', async (t) => {
  const { channel, other } = await openChannels(t);
  other.binaryType = 'blob';
  other.binaryType = 'no such type';
  assert.equal(other.binaryType, 'blob');
  channel.send(new Uint8Array([7, 8]));
  const { data } = await once(other, 'message');
  assert.ok(data instanceof Blob);
  assert.deepEqual(new Uint8Array(await data.arrayBuffer()), new Uint8Array([7, 8]));
});

test('a flood of small messages arrives whole, with a microtask checkpoint after each', async (t) => {
  const { channel, other } = await openChannels(t);
  const count = 5000;
  const log = [];
  const done = new Promise((resolve) => {
    other.onmessage = ({ data }) => {
      log.push(Number(data));
      queueMicrotask(() => {
        log.push('microtask');
        if (log.length === 2 * count) resolve();
      });
    };
  });
  for (let index = 0; index < count; index += 1) channel.send(String(index));
  await done;
  log.forEach((entry, index) => assert.equal(entry, index % 2 === 0 ? index / 2 : 'microtask'));
});

test('bufferedAmount grows with send() and does not shrink before a task', async (t) => {
  const { channel } = await openChannels(t);
  channel.bufferedAmountLowThreshold = 10;
  assert.equal(channel.bufferedAmountLowThreshold, 10);
  const low = once(channel, 'bufferedamountlow');
  channel.send('x'.repeat(1000));
  assert.equal(channel.bufferedAmount, 1000);
  channel.send(new Blob(['x'.repeat(500)]));
  assert.equal(channel.bufferedAmount, 1500);
  await low;
  assert.ok(channel.bufferedAmount <= 10);
});

test('close() lets everything arrive that was sent, blobs too', async (t) => {
  const { channel, other } = await openChannels(t);
  const received = messages(other, 3);
  const closed = [once(channel, 'close'), once(other, 'close')];
  channel.send('first');
  channel.send(new Blob(['second']));
  channel.send('third');
  channel.close();
  assert.equal(channel.readyState, 'closing');
  assert.throws(() => channel.send('too late'), { name: 'InvalidStateError' });
  const [first, second, third] = await received;
  assert.deepEqual([first, Buffer.from(second).toString(), third], ['first', 'second', 'third']);
  await Promise.all(closed);
  assert.equal(channel.readyState, 'closed');
  assert.equal(other.readyState, 'closed');
});

test('attributes say what was asked for, on both sides', async (t) => {
  const init = { ordered: false, maxRetransmits: 3, protocol: 'proto', priority: 'high' };
  const { channel, other } = await openChannels(t, init);
  for (const end of [channel, other]) {
    assert.equal(end.label, 'chat');
    assert.equal(end.ordered, false);
    assert.equal(end.maxRetransmits, 3);
    assert.equal(end.maxPacketLifeTime, null);
    assert.equal(end.protocol, 'proto');
    assert.equal(end.negotiated, false);
    assert.equal(end.priority, 'high');
  }
  assert.equal(channel.id, other.id);
});

test('a negotiated channel needs no announcement', async (t) => {
  const { channel, other } = await openChannels(t, { negotiated: true, id: 5 });
  assert.equal(other.id, 5);
  channel.send('here');
  assert.equal((await once(other, 'message')).data, 'here');
});

test('mistakes have the names that the specification gives them', async (t) => {
  const pc = connection(t);
  const channel = pc.createDataChannel('');
  assert.throws(() => channel.send('not yet'), { name: 'InvalidStateError' });
  assert.throws(() => channel.send(), TypeError);
  assert.throws(() => pc.createDataChannel('', { maxRetransmits: 1, maxPacketLifeTime: 1 }), TypeError);
  assert.throws(() => pc.createDataChannel('', { negotiated: true }), TypeError);
  assert.throws(() => pc.createDataChannel('', { id: 65536 }), TypeError);
  assert.throws(() => pc.createDataChannel('', { priority: 'urgent' }), TypeError);
  pc.close();
  assert.throws(() => pc.createDataChannel(''), { name: 'InvalidStateError' });
});

test('a message above maxMessageSize is refused', async (t) => {
  const { a, channel } = await openChannels(t);
  const size = a.sctp.maxMessageSize + 1;
  assert.throws(() => channel.send(new Uint8Array(size)), TypeError);
  assert.throws(() => channel.send(new Blob([new Uint8Array(size)])), TypeError);
});
