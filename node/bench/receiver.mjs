// The receiving end of delivery.mjs: node receiver.mjs floor|addon|classes COUNT
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [mode, text] = process.argv.slice(2);
const count = Number(text);

/** Messages that come before the measurement: what they go through is compiled then. */
const warmUp = Math.floor(count / 5);

let received = 0;
let began;
let busy;

function begin() {
  began = process.hrtime.bigint();
  busy = cpuTime();
}

/** What the library's threads and all others of this process have computed so far, in nanoseconds. */
function cpuTime() {
  const times = [0, 0];
  for (const thread of readdirSync('/proc/self/task')) {
    const read = (file) => readFileSync(`/proc/self/task/${thread}/${file}`, 'latin1');
    times[read('comm').startsWith('visavis-') ? 0 : 1] += Number(read('schedstat').split(' ')[0]);
  }
  return times;
}

function take(messages) {
  const before = received;
  received += messages;
  if (before < warmUp && received >= warmUp) begin();
  if (received !== count) return;
  const wall = process.hrtime.bigint() - began;
  const [workers, others] = cpuTime();
  console.log(`result ${count - warmUp} ${wall} ${workers - busy[0]} ${others - busy[1]}`);
}

async function hear() {
  const line = await new Promise((resolve) => createInterface({ input: process.stdin }).once('line', resolve));
  return { type: 'offer', sdp: `${line.replaceAll('|', '\r\n')}\r\n` };
}

const tell = ({ sdp }) => console.log(sdp.trimEnd().replaceAll('\r\n', '|'));

/**
 * What nobody can do without, and nothing else: an ArrayBuffer of its own for each message, with its bytes, in an event
 * that a listener reads. Node.js's own EventTarget and MessageEvent, no connection, no thread.
 */
async function floor() {
  const [SIZE, RUN] = [1200, 64];
  const arrived = new Uint8Array(RUN * SIZE).fill(7);
  const target = new EventTarget();
  target.addEventListener('message', ({ data }) => take(data.byteLength === SIZE ? 1 : NaN));
  while (received < count) {
    for (let index = 0; index < RUN && received < count; index += 1) {
      const bytes = new Uint8Array(SIZE);
      bytes.set(arrived.subarray(index * SIZE, (index + 1) * SIZE));
      target.dispatchEvent(new MessageEvent('message', { data: bytes.buffer }));
    }
    await new Promise(setImmediate);
  }
}

async function addon() {
  const offer = await hear();
  const { peer } = await import('../test/native/loop.mjs');
  const { connection, promise, on } = peer();
  const gathered = new Promise((resolve) => (on.iceCandidate = (candidate) => candidate ?? resolve()));
  on.channel = (_, what, messages) => {
    if (what === 'messages') take(messages.length);
  };
  await promise(connection.setRemoteDescription(offer));
  await promise(connection.setLocalDescription());
  await gathered;
  tell(connection.localDescription());
}

async function classes() {
  const offer = await hear();
  const { RTCPeerConnection } = await import('visavis');
  const pc = new RTCPeerConnection({ includeLoopback: true });
  const gathered = new Promise((resolve) => (pc.onicecandidate = ({ candidate }) => candidate ?? resolve()));
  pc.ondatachannel = ({ channel }) => {
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }) => take(data.byteLength === 1200 ? 1 : NaN);
  };
  await pc.setRemoteDescription(offer);
  await pc.setLocalDescription();
  await gathered;
  tell(pc.localDescription);
}

await { floor, addon, classes }[mode]();
