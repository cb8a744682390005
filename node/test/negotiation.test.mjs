import assert from 'node:assert/strict';
import test from 'node:test';
import { connection, negotiate, once, pair, until } from './pair.mjs';

test('two connections find each other with trickled candidates', async (t) => {
  const [a, b] = pair(t);
  a.createDataChannel('');
  await negotiate(a, b);
  for (const pc of [a, b]) await until(pc, 'connectionstatechange', () => pc.connectionState === 'connected');
  assert.equal(a.localDescription, a.localDescription);
  assert.equal(a.localDescription.type, 'offer');
  assert.equal(a.remoteDescription.type, 'answer');
  assert.equal(a.pendingLocalDescription, null);
});

test('candidates carry their parts', async (t) => {
  const pc = connection(t);
  pc.createDataChannel('');
  const first = once(pc, 'icecandidate');
  await pc.setLocalDescription();
  const { candidate } = await first;
  assert.equal(candidate.type, 'host');
  assert.equal(candidate.protocol, 'udp');
  assert.equal(candidate.component, 'rtp');
  assert.equal(candidate.sdpMid, '0');
  assert.match(candidate.candidate, /^candidate:/);
  assert.equal(candidate.candidate.includes(candidate.address), true);
});

test('errors have the names of the specification', async (t) => {
  const pc = connection(t);
  await assert.rejects(pc.createAnswer(), { name: 'InvalidStateError' });
  await assert.rejects(pc.setRemoteDescription({ type: 'nonsense' }), TypeError);
  await assert.rejects(pc.setRemoteDescription(), TypeError);
  await assert.rejects(pc.addIceCandidate({ candidate: 'x' }), TypeError);
  await assert.rejects(pc.addIceCandidate({ candidate: 'x', sdpMid: '0' }), { name: 'InvalidStateError' });
  await assert.rejects(pc.setRemoteDescription({ type: 'offer', sdp: 'v=0\r\nnonsense\r\n' }), (error) => {
    assert.equal(error.constructor.name, 'RTCError');
    assert.ok(error instanceof DOMException);
    assert.equal(error.name, 'OperationError');
    assert.equal(error.errorDetail, 'sdp-syntax-error');
    assert.equal(error.sdpLineNumber, 2);
    return true;
  });
  assert.throws(() => pc.setConfiguration({ bundlePolicy: 'max-compat' }), { name: 'InvalidModificationError' });
  assert.throws(() => pc.setConfiguration({ iceCandidatePoolSize: 256 }), TypeError);
  pc.close();
  await assert.rejects(pc.createOffer(), { name: 'InvalidStateError' });
});

test('the legacy overloads call back', async (t) => {
  const pc = connection(t);
  pc.createDataChannel('');
  const offer = await new Promise((resolve, reject) => pc.createOffer(resolve, reject));
  assert.equal(offer.type, 'offer');
  let isDone = false;
  const promise = pc.setLocalDescription(offer, () => (isDone = true), assert.fail);
  assert.equal(await promise, undefined);
  assert.equal(isDone, true);
  let failure;
  assert.equal(await pc.createAnswer(assert.fail, (error) => (failure = error)), undefined);
  assert.equal(failure.name, 'InvalidStateError');
  await assert.rejects(pc.createOffer(null, null), TypeError);
});

test('perfect negotiation survives glare', async (t) => {
  const [a, b] = [connection(t), connection(t)];
  const ends = [
    { pc: a, isPolite: false, other: () => ends[1] },
    { pc: b, isPolite: true, other: () => ends[0] },
  ];
  for (const end of ends) {
    const { pc } = end;
    let isOffering = false;
    let ignores = false;
    pc.onnegotiationneeded = async () => {
      isOffering = true;
      await pc.setLocalDescription();
      isOffering = false;
      end.other().receive({ description: pc.localDescription });
    };
    pc.onicecandidate = ({ candidate }) => end.other().receive({ candidate });
    end.receive = async ({ description, candidate }) => {
      if (description) {
        const collides = description.type === 'offer' && (isOffering || pc.signalingState !== 'stable');
        ignores = !end.isPolite && collides;
        if (ignores) return;
        await pc.setRemoteDescription(description);
        if (description.type !== 'offer') return;
        await pc.setLocalDescription();
        end.other().receive({ description: pc.localDescription });
      } else {
        await pc.addIceCandidate(candidate).catch((error) => assert.ok(ignores, error));
      }
    };
  }
  const channels = ends.map(({ pc }) => pc.createDataChannel('', { negotiated: true, id: 0 }));
  await Promise.all(channels.map((channel) => once(channel, 'open')));
  assert.equal(a.connectionState, 'connected');
});

test('statistics are a map of plain objects', async (t) => {
  const pc = connection(t);
  const report = await pc.getStats();
  assert.equal(Object.prototype.toString.call(report), '[object RTCStatsReport]');
  const [[id, entry]] = [...report].filter(([, { type }]) => type === 'peer-connection');
  assert.equal(entry.id, id);
  assert.equal(report.get(id), entry);
  assert.equal(typeof entry.timestamp, 'number');
  assert.equal(report.has('no such id'), false);
});

test('certificates are used and kept', async (t) => {
  const { RTCPeerConnection, RTCCertificate } = await import('../js/generated/index.mjs');
  const certificate = await RTCPeerConnection.generateCertificate({ name: 'ECDSA', namedCurve: 'P-256' });
  assert.ok(certificate instanceof RTCCertificate);
  assert.ok(certificate.expires > Date.now());
  const pc = connection(t, { certificates: [certificate] });
  assert.equal(pc.getConfiguration().certificates[0], certificate);
  pc.createDataChannel('');
  const { sdp } = await pc.createOffer();
  const [{ algorithm, value }] = certificate.getFingerprints();
  assert.ok(sdp.includes(`a=fingerprint:${algorithm} ${value.toUpperCase()}`));
  await assert.rejects(RTCPeerConnection.generateCertificate('no such algorithm'), { name: 'NotSupportedError' });
});

test('an RSA certificate is made while the event loop goes on', async (t) => {
  const { RTCPeerConnection } = await import('../js/generated/index.mjs');
  const rsa = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 4096, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  t.after(() => clearInterval(timer));
  const certificate = await RTCPeerConnection.generateCertificate(rsa);
  assert.ok(turns > 3, `${turns}`);
  const pc = connection(t, { certificates: [certificate] });
  pc.createDataChannel('');
  assert.ok((await pc.createOffer()).sdp.includes(certificate.getFingerprints()[0].value.toUpperCase()));
  for (const wrong of [{ modulusLength: 1024 }, { publicExponent: new Uint8Array([3]) }, { hash: 'SHA-1' }]) {
    await assert.rejects(RTCPeerConnection.generateCertificate({ ...rsa, ...wrong }), { name: 'NotSupportedError' });
  }
  await assert.rejects(RTCPeerConnection.generateCertificate({ ...rsa, hash: undefined }), TypeError);
});

test('without identity providers, what needs one fails as it should', async (t) => {
  const pc = connection(t);
  await assert.rejects(pc.getIdentityAssertion(), { name: 'OperationError', errorDetail: 'idp-load-failure' });
  assert.throws(() => pc.setIdentityProvider('idp.example.org', { protocol: 'a/b' }), { name: 'SyntaxError' });
  pc.createDataChannel('');
  pc.setIdentityProvider('idp.example.org');
  await assert.rejects(pc.createOffer(), { errorDetail: 'idp-load-failure' });
  const other = connection(t, { peerIdentity: 'somebody@example.org' });
  assert.equal(other.getConfiguration().peerIdentity, 'somebody@example.org');
  const offerer = connection(t);
  offerer.createDataChannel('');
  await assert.rejects(other.setRemoteDescription(await offerer.createOffer()), { name: 'OperationError' });
});

test('what fails at once is rejected before the next task', async (t) => {
  const pc = connection(t);
  const log = [];
  pc.onnegotiationneeded = () => log.push('task');
  pc.createDataChannel('');
  const rejected = pc.createAnswer().catch(() => log.push('rejected'));
  await once(pc, 'negotiationneeded');
  await rejected;
  assert.deepEqual(log, ['rejected', 'task']);
});
