// Walks through a connection's whole life with two `RTCPeerConnection`s in one program, and answers what it saw.

/** The next event of that name. */
const next = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));

function carry(from, to) {
  from.onicecandidate = ({ candidate }) => to.addIceCandidate(candidate);
}

async function rejection(promise) {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return error.name;
  }
}

function thrown(call) {
  try {
    call();
    return 'no error';
  } catch (error) {
    return error.name;
  }
}

async function negotiate(one, two) {
  await one.setLocalDescription();
  await two.setRemoteDescription(one.localDescription);
  await two.setLocalDescription();
  await one.setRemoteDescription(two.localDescription);
}

async function data(one, two) {
  const channel = one.createDataChannel('data', { ordered: false, maxRetransmits: 2 });
  const incoming = next(two, 'datachannel');
  await negotiate(one, two);
  const { channel: other } = await incoming;
  if (channel.readyState !== 'open') await next(channel, 'open');
  const message = next(other, 'message');
  channel.send('message');
  const tooLarge = thrown(() => channel.send(new Uint8Array(one.sctp.maxMessageSize + 1)));
  return {
    message: (await message).data,
    label: other.label,
    ordered: other.ordered,
    maxRetransmits: other.maxRetransmits,
    tooLarge,
  };
}

async function media(one, two) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const seen = [];
  two.ontrack = ({ track, streams, receiver, transceiver }) => {
    seen.push({
      kind: track.kind,
      streams: streams.map(({ id }) => id === stream.id),
      same: receiver.track === track && transceiver.receiver === receiver,
    });
  };
  const senders = stream.getTracks().map((track) => one.addTrack(track, stream));
  await negotiate(one, two);
  const dtmf = senders.map(({ track, dtmf }) => [track.kind, dtmf !== null]);
  one.removeTrack(senders[0]);
  await negotiate(one, two);
  const transceiver = one.addTransceiver('video', { direction: 'sendonly', sendEncodings: [{ rid: 'a' }, { rid: 'b' }] });
  return {
    seen,
    dtmf,
    directions: one.getTransceivers().map(({ currentDirection, direction }) => [direction, currentDirection]),
    encodings: transceiver.sender.getParameters().encodings.map(({ rid }) => rid),
    receivers: two.getReceivers().map(({ track }) => track.kind),
  };
}

async function statistics(pc) {
  const report = await pc.getStats();
  return [...new Set([...report.values()].map(({ type }) => type))].sort();
}

export const operations = {
  /** Everything that adapters like to patch, as what stands afterwards. */
  async walk() {
    const one = new RTCPeerConnection({ iceServers: [] });
    const two = new RTCPeerConnection();
    const states = [];
    one.onconnectionstatechange = () => states.push(one.connectionState);
    carry(one, two);
    carry(two, one);
    const seen = { data: await data(one, two), media: await media(one, two), statistics: await statistics(one) };
    seen.errors = {
      candidate: await rejection(one.addIceCandidate({ candidate: 'nonsense', sdpMid: '0' })),
      description: await rejection(one.setRemoteDescription({ type: 'answer', sdp: '' })),
      track: thrown(() => one.addTrack({})),
    };
    seen.candidate = { ...new RTCIceCandidate({ candidate: 'candidate:1 1 UDP 1 192.0.2.1 9 typ host', sdpMid: '0' }).toJSON() };
    seen.states = [...states];
    one.close();
    two.close();
    seen.closed = [one.connectionState, two.signalingState];
    return seen;
  },
};

globalThis.program = operations;
