import assert from 'node:assert/strict';
import test from 'node:test';
import { connection, openChannels, once } from './pair.mjs';

test('tasks of several connections come in the order in which they were queued', async (t) => {
  const connections = Array.from({ length: 20 }, () => connection(t));
  const log = [];
  connections.forEach((pc, index) => (pc.onnegotiationneeded = () => log.push(index)));
  const order = connections.map((_, index) => (index * 7) % connections.length);
  for (const index of order) connections[index].createDataChannel('');
  await Promise.all(connections.map((pc) => once(pc, 'negotiationneeded')));
  assert.deepEqual(log, order);
});

test('a connection that has many tasks does not hold up those that were queued before its last', async (t) => {
  const [a, b] = [connection(t), connection(t)];
  const log = [];
  a.createDataChannel('');
  const offer = await a.createOffer();
  b.onnegotiationneeded = () => log.push('b');
  a.setLocalDescription(offer).then(() => log.push('a'));
  b.createDataChannel('');
  // Its turn in the chain comes when the one before it settles.
  const last = a.createOffer().then(() => log.push('a, behind it'));
  await last;
  assert.deepEqual(log, ['a', 'b', 'a, behind it']);
});

test('a message is heard of after its sender knows that it left', async (t) => {
  const { channel, other } = await openChannels(t);
  for (let round = 0; round < 50; round += 1) {
    channel.send('hello');
    assert.equal(channel.bufferedAmount, 5);
    await once(other, 'message');
    assert.equal(channel.bufferedAmount, 0);
  }
});

test('a channel is open at its maker before the other side hears of it', async (t) => {
  for (let round = 0; round < 20; round += 1) {
    const [a, b] = [connection(t), connection(t)];
    const channel = a.createDataChannel('');
    // Candidates are added while things happen below: what calls queue does not make those look younger.
    a.onicecandidate = ({ candidate }) => candidate && b.addIceCandidate(candidate);
    b.onicecandidate = ({ candidate }) => candidate && a.addIceCandidate(candidate);
    const heard = once(b, 'datachannel');
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription);
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription);
    await heard;
    assert.equal(channel.readyState, 'open', `round ${round}`);
  }
});

test('what calls have begun is done before a timer that was set after it, however slow the reactions are', async (t) => {
  const pc = connection(t);
  const slowly = () => {
    for (const end = performance.now() + 3; performance.now() < end; );
  };
  pc.createDataChannel('');
  await pc.setLocalDescription(await pc.createOffer());
  const log = [];
  const offers = Array.from({ length: 8 }, () => pc.createOffer().then(slowly));
  pc.setLocalDescription({ type: 'rollback' }).then(() => setTimeout(() => log.push('timer')));
  // Asked for by the rollback, in a task of its own once the chain of operations is empty.
  const needed = once(pc, 'negotiationneeded').then(() => log.push('negotiationneeded'));
  await Promise.all([...offers, needed]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(log, ['negotiationneeded', 'timer']);
});
