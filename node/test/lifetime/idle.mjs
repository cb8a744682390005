// A connection that was offered to nobody does not keep the process, but what it has begun comes to its end.
import { RTCPeerConnection } from '../../js/generated/index.mjs';

const pc = new RTCPeerConnection({ includeLoopback: true });
pc.createDataChannel('');
pc.onicecandidate = ({ candidate }) => candidate ?? console.log('offered');
pc.setLocalDescription();
