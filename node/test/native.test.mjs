// The addon by itself: tasks, promises, events, messages.
import assert from 'node:assert/strict';
import test from 'node:test';
import { connected, native, peer } from './native/loop.mjs';

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
  const received = [];
  const done = new Promise((resolve) => {
    b.onchannel = (what, messages) => {
      if (what === 'messages') received.push(...messages);
      if (received.length === count) resolve();
    };
  });
  const message = (i) => (i % 3 ? Buffer.from([i, i >> 8]) : `número ${i}`);
  for (let i = 0; i < count; i++) {
    if (i % 3) a.connection.channelSendBinary(a.channel, message(i));
    else a.connection.channelSendText(a.channel, message(i));
  }
  await done;
  const bytes = (data) => (typeof data === 'string' ? data : Buffer.from(data));
  assert.deepEqual(received.map(bytes), Array.from({ length: count }, (_, i) => message(i)));
  assert.equal(b.connection.stats().find(({ type }) => type === 'data-channel').messagesReceived, count);

  const { transport, state } = a.connection.sctp();
  const { remoteCertificates, ...dtls } = a.connection.dtlsTransport(transport);
  assert.deepEqual([state, dtls.state, remoteCertificates.length], ['connected', 'connected', 1]);
  const ice = a.connection.iceTransport(transport);
  assert.deepEqual([ice.role, ice.component, ice.gatheringState], ['controlling', 'rtp', 'complete']);
  assert.match(ice.selectedCandidatePair.local.candidate, /^candidate:/);
  const theirs = b.connection.iceTransport(b.connection.sctp().transport);
  assert.deepEqual(ice.remoteParameters, theirs.localParameters);
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

test('transceivers have W3C\'s dictionaries', async () => {
  const { connection, promise } = peer();
  const audio = connection.addTrack({ id: 'a track', kind: 'audio' }, ['a stream']);
  const video = connection.addTransceiver('video', {
    direction: 'sendonly',
    sendEncodings: [{ rid: 'q', active: true, maxBitrate: 1000, scaleResolutionDownBy: 4 }, { rid: 'f' }],
  });
  assert.deepEqual(connection.transceivers(), [audio, video]);
  const view = connection.transceiver(audio);
  assert.deepEqual(
    [view.kind, view.mid, view.direction, view.sender.track, view.sender.streams, view.receiver.track.kind],
    ['audio', undefined, 'sendrecv', { id: 'a track', kind: 'audio' }, ['a stream'], 'audio'],
  );
  const parameters = connection.senderParameters(video);
  assert.deepEqual(parameters.encodings.map(({ rid, maxBitrate }) => [rid, maxBitrate]), [['q', 1000], ['f', undefined]]);
  parameters.encodings[1].maxFramerate = 15;
  await promise(connection.setParameters(video, parameters));
  assert.equal(connection.senderParameters(video).encodings[1].maxFramerate, 15);
  await promise(connection.replaceTrack(audio, undefined));
  assert.equal(connection.transceiver(audio).sender.track, undefined);
  connection.setDirection(audio, 'recvonly');
  assert.throws(() => connection.setDirection(audio, 'sideways'), { name: 'TypeError' });
  assert.throws(() => connection.insertDtmf(audio, '1', 100, 70), { name: 'InvalidStateError' });
  assert.throws(() => connection.setJitterBufferTarget(audio, -1), { name: 'RangeError' });
  assert.deepEqual(connection.stats({ sender: audio }), []);

  const { codecs, headerExtensions } = native.capabilities('audio', true);
  const opus = codecs.find(({ mimeType }) => mimeType === 'audio/opus');
  assert.deepEqual([opus.clockRate, opus.channels], [48000, 2]);
  assert.ok(headerExtensions.length > 0);
  connection.setCodecPreferences(audio, [opus]);
  connection.stopTransceiver(video);
  assert.equal(connection.transceiver(video).direction, 'stopped');
  connection.close();
});
