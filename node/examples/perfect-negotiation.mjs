// Perfect negotiation, as https://www.w3.org/TR/webrtc/#perfect-negotiation-example has it: either side may change the
// connection at any time, also both at once, and nobody but `negotiate` has to know.
//
//   node examples/perfect-negotiation.mjs
import { MediaStream, RTCPeerConnection, mediaDevices } from 'visavis';

/** The rules, the same on both sides but for `polite`, which is true on one of them. */
function negotiate(pc, signaling, polite) {
  let makingOffer = false;
  let ignoreOffer = false;

  pc.onnegotiationneeded = async () => {
    try {
      makingOffer = true;
      await pc.setLocalDescription();
      signaling.postMessage({ description: pc.localDescription.toJSON() });
    } finally {
      makingOffer = false;
    }
  };
  pc.onicecandidate = ({ candidate }) => signaling.postMessage({ candidate: candidate?.toJSON() });

  signaling.onmessage = async ({ data: { description, candidate } }) => {
    if (description) {
      const offerCollision = description.type === 'offer' && (makingOffer || pc.signalingState !== 'stable');
      ignoreOffer = !polite && offerCollision;
      if (ignoreOffer) return;
      // In a collision this rolls our own offer back.
      await pc.setRemoteDescription(description);
      if (description.type === 'offer') {
        await pc.setLocalDescription();
        signaling.postMessage({ description: pc.localDescription.toJSON() });
      }
    } else {
      try {
        await pc.addIceCandidate(candidate);
      } catch (error) {
        // Candidates of an offer that we ignored.
        if (!ignoreOffer) throw error;
      }
    }
  };
}

const signaling = new MessageChannel();
const sides = [['impolite', signaling.port1], ['polite', signaling.port2]].map(([name, port]) => {
  const pc = new RTCPeerConnection({ includeLoopback: true });
  negotiate(pc, port, name === 'polite');
  const arrived = new Promise((resolve) => {
    pc.ontrack = ({ track, streams: [stream] }) => {
      console.log(`${name}: got ${track.kind} in a stream of ${stream.getTracks().length}`);
      resolve();
    };
  });
  const opened = new Promise((resolve) => {
    pc.ondatachannel = ({ channel }) => {
      console.log(`${name}: got the channel "${channel.label}"`);
      resolve();
    };
  });
  return { name, pc, port, arrived, opened };
});

// Both at once: each offers, and the offers collide.
const stream = await mediaDevices.getUserMedia({ audio: true });
for (const { name, pc } of sides) {
  pc.createDataChannel(`from ${name}`);
  pc.addTrack(stream.getAudioTracks()[0], new MediaStream(stream));
}
await Promise.all(sides.flatMap(({ arrived, opened }) => [arrived, opened]));
console.log(`one transceiver for both: ${sides.map(({ pc }) => pc.getTransceivers()[0].currentDirection)}`);
for (const { pc, port } of sides) {
  port.onmessage = null;
  port.close();
  pc.close();
}
