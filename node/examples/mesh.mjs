// Everyone talks to everyone: a mesh of data channels, whose members find each other at a meeting point.
//
//   node examples/mesh.mjs serve          the meeting point, on 127.0.0.1:9000
//   node examples/mesh.mjs join ada       a member; as many as you like
//   cargo run -p visavis --example mesh -- join bob        the same in Rust, in the same mesh
//
// Signalling is one line of JSON for each message, over TCP. A member says {"name":"ada"} and hears
// {"members":[...]}, those who are there; it calls them all. From then on {"to":"bob", ...} arrives at bob as
// {"from":"ada", ...}, and {"left":"ada"} at everyone.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { RTCPeerConnection } from 'visavis';

/** The meeting point: it knows names and passes lines on, and nothing of what is in them. */
async function serve(host, port) {
  const members = new Map();
  const server = createServer(async (socket) => {
    let name;
    try {
      for await (const { name: hello, to, ...message } of read(socket)) {
        if (!name) {
          if (!hello || members.has(hello)) break;
          name = hello;
          write(socket, { members: [...members.keys()] });
          members.set(name, socket);
        } else if (members.has(to)) {
          write(members.get(to), { from: name, ...message });
        }
      }
    } catch (error) {
      console.log(`${name ?? 'somebody'}: ${error.message}`);
    }
    socket.destroy();
    if (!name) return;
    members.delete(name);
    for (const other of members.values()) write(other, { left: name });
  });
  server.listen(port, host);
  await once(server, 'listening');
  console.log(`meeting at ${server.address().address}:${server.address().port}`);
}

/** A member: one connection to each other member, called by whoever came later. */
async function join(name, host, port) {
  const socket = connect(port, host);
  const peers = new Map();
  write(socket, { name });
  for await (const { members = [], left, from, description, candidate } of read(socket)) {
    for (const member of members) {
      const pc = call(member);
      greet(pc.createDataChannel('mesh'), member);
    }
    if (left) {
      console.log(`${left} left`);
      peers.get(left)?.close();
      peers.delete(left);
    }
    if (from) {
      const pc = peers.get(from) ?? call(from);
      if (description) {
        await pc.setRemoteDescription(description);
        if (description.type === 'offer') await describe(pc, from);
      } else {
        await pc.addIceCandidate(candidate);
      }
    }
  }

  function call(peer) {
    // Ours, not W3C's: candidates of the loopback interface, for machines without a network.
    const pc = new RTCPeerConnection({ includeLoopback: true });
    pc.onnegotiationneeded = () => describe(pc, peer);
    pc.onicecandidate = ({ candidate }) => candidate && write(socket, { to: peer, candidate });
    pc.ondatachannel = ({ channel }) => greet(channel, peer);
    pc.onconnectionstatechange = () => console.log(`${peer} is ${pc.connectionState}`);
    peers.set(peer, pc);
    return pc;
  }

  /** Offers or answers, whichever it is time for. */
  async function describe(pc, peer) {
    await pc.setLocalDescription();
    write(socket, { to: peer, description: pc.localDescription });
  }

  /** Says hello, and prints what comes back. */
  function greet(channel, peer) {
    channel.onopen = () => channel.send(`hello ${peer}, this is ${name} in JavaScript`);
    channel.onmessage = ({ data }) => console.log(`${peer} says: ${data}`);
  }
}

async function* read(socket) {
  for await (const line of createInterface({ input: socket })) yield JSON.parse(line);
}

function write(socket, message) {
  socket.write(`${JSON.stringify(message)}\n`);
}

const [mode, ...rest] = process.argv.slice(2);
const name = mode === 'join' ? rest.shift() : undefined;
const [host, port] = (rest.shift() ?? '127.0.0.1:9000').split(':');
if (mode === 'serve') {
  await serve(host, Number(port));
} else if (name) {
  await join(name, host, Number(port));
} else {
  console.error('mesh.mjs serve [ADDRESS] | mesh.mjs join NAME [ADDRESS]');
  process.exitCode = 1;
}
