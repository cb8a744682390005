// peerjs: a `Peer` at a PeerServer, and one data connection to or from another.
import { MsgPackPeer, Peer, util } from 'peerjs';
import { bytesOf, sha256 } from './random.mjs';

let peer;
let connection;

/** JSON of what came or went: binary as its length and hash. */
async function described(value) {
  if (value instanceof Blob) return described(await value.arrayBuffer());
  if (value instanceof ArrayBuffer) return described(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return { bytes: bytes.byteLength, sha256: await sha256(bytes) };
  }
  if (Array.isArray(value)) return Promise.all(value.map(described));
  if (value && typeof value === 'object') {
    const entries = Object.entries(value).map(async ([name, member]) => [name, await described(member)]);
    return Object.fromEntries((await Promise.all(entries)).sort());
  }
  return value;
}

/** What the test wants sent: binary is told by seed, length and kind. */
function made(value) {
  if (Array.isArray(value)) return value.map(made);
  if (!value || typeof value !== 'object') return value;
  if ('repeat' in value) return value.repeat.repeat(value.times);
  if (!('binary' in value)) return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, made(member)]));
  const bytes = bytesOf(value.seed, value.length);
  if (value.binary === 'ArrayBuffer') return bytes.buffer;
  if (value.binary === 'Blob') return new Blob([bytes]);
  return bytes;
}

function use(opened) {
  connection = opened;
  // In order, although descriptions of binary take their time.
  let last = Promise.resolve();
  connection.on('data', (data) => {
    last = last.then(async () => emit({ type: 'data', value: await described(data) }));
  });
  connection.on('open', () => emit({ type: 'connected', serialization: connection.serialization, label: connection.label }));
  connection.on('close', () => emit({ type: 'disconnected' }));
  connection.on('error', (error) => emit({ type: 'error', kind: error.type, message: error.message }));
}

globalThis.program = {
  register({ id, port, serializer }) {
    const Kind = serializer === 'MsgPack' ? MsgPackPeer : Peer;
    peer = new Kind(id, { host: '127.0.0.1', port, path: '/', config: { iceServers: [] } });
    peer.on('open', (name) => emit({ type: 'registered', id: name }));
    peer.on('connection', use);
    peer.on('error', (error) => emit({ type: 'error', kind: error.type, message: error.message }));
    peer.on('call', async (call) => {
      call.on('stream', (stream) => emit({ type: 'stream', kinds: stream.getTracks().map(({ kind }) => kind).sort() }));
      call.on('close', () => emit({ type: 'hung up' }));
      call.answer(await navigator.mediaDevices.getUserMedia({ audio: true }));
    });
  },
  supports: () => util.supports,
  connect({ to, options }) {
    use(peer.connect(to, options));
  },
  /** Sends; answers what the other side should report. */
  async send(value) {
    const data = made(value);
    await connection.send(data);
    return described(data);
  },
  async call(to) {
    const call = peer.call(to, await navigator.mediaDevices.getUserMedia({ audio: true, video: true }));
    call.on('stream', (stream) => emit({ type: 'stream', kinds: stream.getTracks().map(({ kind }) => kind).sort() }));
    call.dataChannel.addEventListener('open', () => emit({ type: 'in a call' }));
    globalThis.program.hangUp = () => call.close();
  },
  disconnect({ flush }) {
    connection.close({ flush });
  },
  destroy() {
    peer.destroy();
  },
};
