// The addon by itself: tasks, promises, events, messages.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';

const native = createRequire(import.meta.url)('../native/index.cjs');

/** An event loop: runs the tasks of all connections and hands their events on. */
const handlers = new Map();
native.setWakeup(() => {
  for (const connection of native.takeReady()) {
    for (let events; (events = connection.runTask()); ) {
      for (const [name, ...values] of events) handlers.get(connection)?.(name, ...values);
    }
  }
});

/** A connection whose promises settle and whose events go to `on`. */
function peer(on = {}) {
  const connection = new native.PeerConnection({ includeLoopback: true });
  const pending = new Map();
  handlers.set(connection, (name, ...values) => {
    if (name !== 'settled') return on[name]?.(...values);
    const [operation, error, value] = values;
    const { resolve, reject } = pending.get(operation);
    pending.delete(operation);
    if (error) reject(error);
    else resolve(value);
  });
  const promise = (operation) => new Promise((resolve, reject) => pending.set(operation, { resolve, reject }));
  return { connection, promise, on };
}

async function connected() {
  const [a, b] = [peer(), peer()];
  // Candidates come after the description that they belong to.
  for (const [from, to] of [[a, b], [b, a]]) {
    to.isDescribed = new Promise((resolve) => (to.described = resolve));
    from.on.iceCandidate = async (candidate) => {
      await to.isDescribed;
      await to.promise(to.connection.addIceCandidate(candidate));
    };
  }
  const opened = [a, b].map((end) => new Promise((resolve) => {
    end.received = [];
    end.on.channel = (id, what, ...rest) => {
      if (what === 'open') resolve(id);
      if (what === 'message' || what === 'messages') end.received.push([what, ...rest]);
      end.onchannel?.(id, what, ...rest);
    };
  }));
  a.connection.createDataChannel('chat', {});
  await a.promise(a.connection.setLocalDescription());
  await b.promise(b.connection.setRemoteDescription(a.connection.localDescription()));
  b.described();
  await b.promise(b.connection.setLocalDescription());
  await a.promise(a.connection.setRemoteDescription(b.connection.localDescription()));
  a.described();
  [a.channel, b.channel] = await Promise.all(opened);
  return [a, b];
}

test('promises settle and errors have their names', async () => {
  const { connection, promise } = peer();
  await assert.rejects(promise(connection.createAnswer()), { name: 'InvalidStateError' });
  const bad = connection.setRemoteDescription({ type: 'offer', sdp: 'v=1' });
  await assert.rejects(promise(bad), { name: 'RTCError', errorDetail: 'sdp-syntax-error', sdpLineNumber: 1 });
  assert.throws(() => connection.createDataChannel('a', { negotiated: true }), (error) =>
    error instanceof Error && error.name === 'TypeError' && error.message.includes('id'));
  assert.throws(() => new native.PeerConnection({ iceServers: [{ urls: ['nonsense'] }] }), { name: 'SyntaxError' });
  connection.close();
  assert.equal(connection.signalingState(), 'closed');
  await assert.rejects(promise(connection.createOffer()), { name: 'InvalidStateError' });
});

test('messages come in order, alone and in runs', async () => {
  const [a, b] = await connected();
  const view = a.connection.channel(a.channel);
  assert.deepEqual([view.label, view.readyState, view.id, view.ordered], ['chat', 'open', 1, true]);
  const count = 1000;
  const done = new Promise((resolve) => {
    let seen = 0;
    b.onchannel = (_, what, kinds) => {
      seen += what === 'messages' ? kinds.length : what === 'message' ? 1 : 0;
      if (seen === count) resolve();
    };
  });
  for (let i = 0; i < count; i++) {
    if (i % 3) a.connection.channelSendBinary(a.channel, new Uint8Array([i, i >> 8]));
    else a.connection.channelSendText(a.channel, `número ${i}`);
  }
  await done;
  const messages = b.received.flatMap(([what, ...rest]) => {
    if (what === 'message') return [typeof rest[0] === 'string' ? rest[0] : rest[0].readUInt16LE()];
    const [kinds, buffer, ends] = rest;
    return Array.from(kinds, (kind, i) => {
      const bytes = buffer.subarray(i ? ends[i - 1] : 0, ends[i]);
      return kind ? bytes.toString() : bytes.readUInt16LE();
    });
  });
  assert.deepEqual(messages, Array.from({ length: count }, (_, i) => (i % 3 ? i : `número ${i}`)));
  assert.equal(b.connection.stats().find(({ type }) => type === 'data-channel').messagesReceived, count);
  a.connection.close();
  b.connection.close();
});

test('a certificate is used by two connections', () => {
  const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', expires: 86_400_000 };
  const certificate = native.generateCertificate(ecdsa);
  const [{ algorithm, value }] = certificate.fingerprints();
  assert.equal(algorithm, 'sha-256');
  assert.match(value, /^([0-9a-f]{2}:){31}[0-9a-f]{2}$/);
  const connection = new native.PeerConnection({}, [certificate]);
  connection.setConfiguration({ iceTransportPolicy: 'relay' }, null);
  assert.equal(connection.configuration().iceTransportPolicy, 'relay');
  const other = native.generateCertificate(ecdsa);
  assert.throws(() => connection.setConfiguration({}, [other]), { name: 'InvalidModificationError' });
  assert.throws(() => native.generateCertificate({ name: 'RSA-PSS' }), { name: 'NotSupportedError' });
});
