// The receiving end of delivery.mjs: node receiver.mjs addon|classes COUNT
import { createInterface } from 'node:readline';

const [mode, text] = process.argv.slice(2);
const count = Number(text);

let received = 0;
let began;
let busy;

function begin() {
  began = process.hrtime.bigint();
  busy = process.cpuUsage();
}

function take(messages) {
  received += messages;
  if (received !== count) return;
  const wall = process.hrtime.bigint() - began;
  const { user, system } = process.cpuUsage(busy);
  console.log(`result ${wall} ${(user + system) * 1000}`);
}

const line = await new Promise((resolve) => createInterface({ input: process.stdin }).once('line', resolve));
const offer = { type: 'offer', sdp: `${line.replaceAll('|', '\r\n')}\r\n` };
const tell = ({ sdp }) => console.log(sdp.trimEnd().replaceAll('\r\n', '|'));

async function addon() {
  const { peer } = await import('../test/native/loop.mjs');
  const { connection, promise, on } = peer();
  const gathered = new Promise((resolve) => (on.iceCandidate = (candidate) => candidate ?? resolve()));
  on.dataChannel = begin;
  on.channel = (_, what, kinds) => {
    if (what === 'messages') take(kinds.length);
    else if (what === 'message') take(1);
  };
  await promise(connection.setRemoteDescription(offer));
  await promise(connection.setLocalDescription());
  await gathered;
  tell(connection.localDescription());
}

async function classes() {
  const { RTCPeerConnection } = await import('visavis');
  const pc = new RTCPeerConnection({ includeLoopback: true });
  const gathered = new Promise((resolve) => (pc.onicecandidate = ({ candidate }) => candidate ?? resolve()));
  pc.ondatachannel = ({ channel }) => {
    begin();
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }) => take(data.byteLength === 1200 ? 1 : NaN);
  };
  await pc.setRemoteDescription(offer);
  await pc.setLocalDescription();
  await gathered;
  tell(pc.localDescription);
}

await (mode === 'addon' ? addon() : classes());
