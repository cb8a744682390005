// Two peers in one program exchange a message. Between two machines, what `signal` carries goes over whatever there is:
// a WebSocket, HTTP, a piece of paper.
//
//   node examples/data-channel.mjs
import { RTCPeerConnection } from 'visavis';

// Ours, not W3C's: candidates of the loopback interface, for machines without a network.
const configuration = { includeLoopback: true };
const alice = new RTCPeerConnection(configuration);
const bob = new RTCPeerConnection(configuration);

/** Each candidate goes to the other side as it is found; null is the end of them. */
function signal(from, to) {
  from.onicecandidate = ({ candidate }) => to.addIceCandidate(candidate);
}
signal(alice, bob);
signal(bob, alice);

const channel = alice.createDataChannel('chat');
channel.onopen = () => channel.send('hello');
channel.onmessage = ({ data }) => {
  console.log(`bob says: ${data}`);
  // An open connection keeps the process alive.
  alice.close();
  bob.close();
};
bob.ondatachannel = ({ channel }) => {
  channel.onmessage = ({ data }) => {
    console.log(`alice says: ${data}`);
    channel.send(`${data} yourself`);
  };
};

await alice.setLocalDescription();
await bob.setRemoteDescription(alice.localDescription);
await bob.setLocalDescription();
await alice.setRemoteDescription(bob.localDescription);
