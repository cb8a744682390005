import assert from 'node:assert/strict';
import test from 'node:test';
import { MediaStream, RTCRtpReceiver, RTCRtpSender, mediaDevices } from '../js/generated/index.mjs';
import { connection, negotiate, once, pair } from './pair.mjs';

const capture = (constraints = { audio: true, video: true }) => mediaDevices.getUserMedia(constraints);

test('objects stay the same', async (t) => {
  const pc = connection(t);
  const stream = await capture();
  const [audio, video] = stream.getTracks();
  const sender = pc.addTrack(audio, stream);
  const transceiver = pc.addTransceiver(video, { direction: 'sendonly', streams: [stream] });
  assert.equal(pc.getSenders()[0], sender);
  assert.equal(pc.getTransceivers()[1], transceiver);
  assert.equal(pc.getTransceivers()[0].sender, sender);
  assert.equal(sender.track, audio);
  assert.equal(transceiver.sender.track, video);
  assert.equal(transceiver.receiver, pc.getReceivers()[1]);
  assert.equal(transceiver.receiver.track, transceiver.receiver.track);
  assert.equal(sender.dtmf, sender.dtmf);
  assert.equal(transceiver.sender.dtmf, null);
  assert.throws(() => pc.addTrack(audio), { name: 'InvalidAccessError' });
});

test('tracks arrive in the streams that they were sent in', async (t) => {
  const [a, b] = pair(t);
  const stream = await capture();
  for (const track of stream.getTracks()) a.addTrack(track, stream);
  const events = [];
  b.ontrack = (event) => events.push(event);
  await negotiate(a, b);
  assert.deepEqual(
    events.map(({ track }) => track.kind),
    ['audio', 'video'],
  );
  const [{ streams, receiver, transceiver, track }] = events;
  assert.equal(streams.length, 1);
  assert.ok(Object.isFrozen(streams));
  assert.ok(streams[0] instanceof MediaStream);
  assert.equal(streams[0].id, stream.id);
  assert.equal(streams[0], events[1].streams[0]);
  assert.deepEqual(
    streams[0].getTracks(),
    events.map((event) => event.track),
  );
  assert.equal(receiver, transceiver.receiver);
  assert.equal(receiver.track, track);
  assert.equal(transceiver, b.getTransceivers()[0]);
  assert.equal(transceiver.currentDirection, 'recvonly');
  assert.equal(a.getTransceivers()[0].currentDirection, 'sendonly');
});

test('a track that is removed leaves its stream and is muted', async (t) => {
  const [a, b] = pair(t);
  const stream = await capture({ audio: true });
  const sender = a.addTrack(stream.getTracks()[0], stream);
  const arrived = once(b, 'track');
  await negotiate(a, b);
  const {
    streams: [remote],
    track,
  } = await arrived;
  a.removeTrack(sender);
  assert.equal(sender.track, null);
  const removed = once(remote, 'removetrack');
  await negotiate(a, b);
  assert.equal((await removed).track, track);
  assert.deepEqual(remote.getTracks(), []);
  assert.equal(track.muted, true);
});

test('a transceiver that is stopped ends its track', async (t) => {
  const [a, b] = pair(t);
  const transceiver = a.addTransceiver('audio');
  await negotiate(a, b);
  const ended = [transceiver, b.getTransceivers()[0]].map(({ receiver }) => once(receiver.track, 'ended'));
  transceiver.stop();
  assert.equal(transceiver.direction, 'stopped');
  await negotiate(a, b);
  await Promise.all(ended);
  assert.equal(transceiver.receiver.track.readyState, 'ended');
  assert.equal(transceiver.currentDirection, 'stopped');
  assert.deepEqual(a.getTransceivers(), []);
});

test('replaceTrack changes the track in a task', async (t) => {
  const pc = connection(t);
  const [first, second] = [await capture({ audio: true }), await capture({ audio: true })].map(
    (stream) => stream.getTracks()[0],
  );
  const sender = pc.addTrack(first);
  const replaced = sender.replaceTrack(second);
  assert.equal(sender.track, first);
  assert.equal(await replaced, undefined);
  assert.equal(sender.track, second);
  await sender.replaceTrack(null);
  assert.equal(sender.track, null);
  const [video] = (await capture({ video: true })).getTracks();
  await assert.rejects(sender.replaceTrack(video), TypeError);
  await assert.rejects(sender.replaceTrack('no track'), TypeError);
});

test('parameters and capabilities are plain dictionaries', async (t) => {
  const pc = connection(t);
  const sendEncodings = [
    { rid: 'low', scaleResolutionDownBy: 2 },
    { rid: 'high', maxBitrate: 100_000 },
  ];
  const { sender } = pc.addTransceiver('video', { sendEncodings });
  const parameters = sender.getParameters();
  assert.deepEqual(
    parameters.encodings.map(({ rid }) => rid),
    ['low', 'high'],
  );
  assert.equal(parameters.encodings[1].maxBitrate, 100_000);
  assert.equal('maxFramerate' in parameters.encodings[0], false);
  parameters.encodings[0].active = false;
  await sender.setParameters(parameters);
  assert.equal(sender.getParameters().encodings[0].active, false);
  await assert.rejects(sender.setParameters({}), TypeError);
  for (const kind of ['audio', 'video']) {
    assert.ok(RTCRtpSender.getCapabilities(kind).codecs.every(({ mimeType }) => mimeType.startsWith(`${kind}/`)));
    assert.ok(RTCRtpReceiver.getCapabilities(kind).headerExtensions.every(({ uri }) => typeof uri === 'string'));
  }
  assert.equal(RTCRtpSender.getCapabilities('text'), null);
  assert.throws(() => pc.addTransceiver('text'), TypeError);
  assert.throws(() => pc.addTransceiver('audio', { direction: 'sideways' }), TypeError);
});

test('transports have one object each', async (t) => {
  const [a, b] = pair(t);
  a.createDataChannel('');
  const { sender, receiver } = a.addTransceiver('audio');
  assert.equal(sender.transport, null);
  await negotiate(a, b);
  const { transport } = a.sctp;
  assert.equal(a.sctp, a.sctp);
  assert.equal(sender.transport, transport);
  assert.equal(receiver.transport, transport);
  assert.equal(transport.iceTransport, transport.iceTransport);
  while (transport.state !== 'connected') await once(transport, 'statechange');
  const { iceTransport } = transport;
  assert.equal(iceTransport.role, 'controlling');
  assert.equal(iceTransport.component, 'rtp');
  assert.ok(iceTransport.getLocalCandidates().length > 0);
  const { local, remote } = iceTransport.getSelectedCandidatePair();
  assert.equal(iceTransport.getSelectedCandidatePair(), iceTransport.getSelectedCandidatePair());
  assert.ok(local.port > 0 && remote.port > 0);
  assert.equal(typeof iceTransport.getLocalParameters().usernameFragment, 'string');
  const [certificate] = transport.getRemoteCertificates();
  assert.ok(certificate instanceof ArrayBuffer);
  assert.equal(new Uint8Array(certificate)[0], 0x30);
});

test('the legacy methods are there once they are asked for', async (t) => {
  const [a, b] = pair(t);
  assert.equal('addStream' in a, false);
  await import('../js/legacy.js');
  const stream = await capture();
  const added = once(b, 'addstream');
  a.addStream(stream);
  assert.deepEqual(a.getLocalStreams(), [stream]);
  await negotiate(a, b);
  const { stream: remote } = await added;
  assert.equal(remote.getTracks().length, 2);
  assert.deepEqual(b.getRemoteStreams(), [remote]);
  a.removeStream(stream);
  assert.deepEqual(a.getLocalStreams(), []);
  const removed = once(b, 'removestream');
  await negotiate(a, b);
  assert.equal((await removed).stream, remote);
});
