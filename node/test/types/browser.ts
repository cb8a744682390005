// Code as it is written for browsers; only the first lines know where the interfaces come from.
import { MediaStream, RTCPeerConnection, RTCError, RTCIceCandidatePair, mediaDevices } from 'visavis';
import type { RTCDataChannel, RTCTrackEvent } from 'visavis';
import 'visavis/legacy';

async function connect(signal: (message: RTCSessionDescriptionInit | RTCIceCandidate) => void): Promise<RTCDataChannel> {
  const connection = new RTCPeerConnection({ iceServers: [{ urls: 'stun:stun.example.org' }] });
  connection.onicecandidate = ({ candidate }) => candidate && signal(candidate);
  connection.onnegotiationneeded = async () => {
    await connection.setLocalDescription();
    signal(connection.localDescription!);
  };
  connection.ontrack = ({ track, streams: [stream] }: RTCTrackEvent) => stream?.addTrack(track);
  const stream: MediaStream = await mediaDevices.getUserMedia({ audio: true, video: { width: 320 } });
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
  connection.addStream(stream);
  const pair: RTCIceCandidatePair | null | undefined = connection.sctp?.transport.iceTransport.getSelectedCandidatePair();
  console.log(pair?.local.address);
  const channel = connection.createDataChannel('chat', { negotiated: true, id: 0 });
  channel.addEventListener('message', ({ data }) => console.log(data));
  channel.onerror = ({ error }) => console.log(error instanceof RTCError, error.errorDetail);
  const global: globalThis.RTCPeerConnection = connection;
  global.close();
  return channel;
}

void connect;
