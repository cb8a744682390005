// The two ways to move much data: a file's round trip, and the speed test. Both fill the channel's buffer up to a
// mark and wait until it has drained to the low threshold, so that memory stays flat whatever the size.
import { ConnectError } from './peer.js';

/** Buffered bytes above which the sender waits. */
const HIGH_WATER = 4 << 20;
/** Bytes read from the file at once. */
const SLICE = 1 << 20;
/** Bytes that may wait for the hashing worker before the sender waits for it too. */
const HASH_BACKLOG = 16 << 20;
/** Length of each half of the speed test. */
const SPEED_MS = 3000;
/** More than a test can take: the page closes the channel when its time is over. */
const DOWNLOAD_BYTES = 2 ** 40;

function drained(channel) {
  if (channel.bufferedAmount <= HIGH_WATER) return null;
  return new Promise((resolve, reject) => {
    channel.addEventListener('bufferedamountlow', resolve, { once: true });
    channel.addEventListener('close', () => reject(new ConnectError('The channel closed during the transfer.')), { once: true });
  });
}

/** Both digests of one transfer, computed beside the page. */
class Hasher {
  backlog = 0;
  #worker = new Worker(new URL('hasher.js', import.meta.url), { type: 'module' });
  #digests = {};
  #relieved = null;

  constructor() {
    this.#worker.onmessage = ({ data }) => {
      if (data.digest) return this.#digests[data.side](data.digest);
      this.backlog -= data.hashed;
      if (this.backlog <= HASH_BACKLOG / 2) { this.#relieved?.(); this.#relieved = null; }
    };
  }

  /** Takes ownership of `buffer`. */
  update(side, buffer) {
    this.backlog += buffer.byteLength;
    this.#worker.postMessage({ side, piece: buffer }, [buffer]);
  }

  room() {
    return this.backlog <= HASH_BACKLOG ? null : new Promise((resolve) => { this.#relieved = resolve; });
  }

  digest(side) {
    return new Promise((resolve) => { this.#digests[side] = resolve; this.#worker.postMessage({ side, end: true }); });
  }

  end() { this.#worker.terminate(); }
}

/** Sends `blob` over its own channel and compares what comes back. `progress({sent, echoed, total})` is called often. */
export async function sendFile(peer, blob, progress = () => {}) {
  const channel = await peer.open(`file: ${blob.name ?? 'unnamed'}`);
  const hasher = new Hasher();
  const started = performance.now();
  const total = blob.size;
  let [sent, echoed] = [0, 0];
  const complete = new Promise((resolve, reject) => {
    if (total === 0) resolve();
    channel.addEventListener('close', () => reject(new ConnectError('The connection ended before the whole file came back.')));
    channel.addEventListener('message', ({ data }) => {
      echoed += data.byteLength;
      hasher.update('echoed', data);
      progress({ sent: sent - channel.bufferedAmount, echoed, total });
      if (echoed >= total) resolve();
    });
  });
  complete.catch(() => {});
  try {
    for (let at = 0; at < total; at += SLICE) {
      const slice = await blob.slice(at, at + SLICE).arrayBuffer();
      for (let from = 0; from < slice.byteLength; from += peer.pieceSize) {
        const length = Math.min(peer.pieceSize, slice.byteLength - from);
        channel.send(new Uint8Array(slice, from, length));
        sent += length;
        await drained(channel);
      }
      hasher.update('sent', slice);
      await hasher.room();
      progress({ sent: sent - channel.bufferedAmount, echoed, total });
    }
    await complete;
    const seconds = (performance.now() - started) / 1000;
    const [sha256, echoedSha256] = await Promise.all([hasher.digest('sent'), hasher.digest('echoed')]);
    return { bytes: echoed, sha256, echoedSha256, seconds };
  } finally {
    channel.close();
    hasher.end();
  }
}

/** Bits per second from the server's endless supply. `progress(share, bits)`. */
async function download(peer, progress) {
  const channel = await peer.open('speed: download', { protocol: 'visavis-download' });
  return new Promise((resolve, reject) => {
    let [received, first, last] = [0, 0, 0];
    const finish = () => { channel.close(); resolve(received * 8000 / Math.max(last - first, 1)); };
    const timer = setTimeout(finish, SPEED_MS * 2);
    channel.onmessage = ({ data }) => {
      last = performance.now();
      // The first message starts the clock and is not counted: what came before it was latency.
      if (first === 0) { first = last; return; }
      received += data.byteLength;
      progress(Math.min(1, (last - first) / SPEED_MS), received * 8000 / Math.max(last - first, 1));
      if (last - first >= SPEED_MS) { clearTimeout(timer); channel.onmessage = null; channel.onclose = null; finish(); }
    };
    channel.onclose = () => { clearTimeout(timer); reject(new ConnectError('The channel closed during the download.')); };
    channel.send(JSON.stringify({ bytes: DOWNLOAD_BYTES }));
  });
}

/** Bits per second as the server counted them. */
async function upload(peer, progress) {
  const channel = await peer.open('speed: upload', { protocol: 'visavis-upload' });
  try {
    const piece = crypto.getRandomValues(new Uint8Array(Math.min(peer.pieceSize, 65_536)));
    const started = performance.now();
    let confirmed = 0;
    let ended = null;
    channel.onmessage = ({ data }) => {
      confirmed = JSON.parse(data).bytes;
      const passed = performance.now() - started;
      progress(Math.min(1, passed / SPEED_MS), confirmed * 8000 / passed);
      if (ended !== null && confirmed >= sent) ended();
    };
    let sent = 0;
    while (performance.now() - started < SPEED_MS) {
      channel.send(piece);
      sent += piece.byteLength;
      await drained(channel);
      // Lets the reports in when the buffer never fills.
      if (sent % (32 * piece.byteLength) === 0) await new Promise((resolve) => { setTimeout(resolve); });
    }
    const all = new Promise((resolve, reject) => {
      ended = resolve;
      channel.onclose = () => reject(new ConnectError('The channel closed during the upload.'));
    });
    channel.send('total');
    await all;
    return sent * 8000 / (performance.now() - started);
  } finally {
    channel.onclose = null;
    channel.close();
  }
}

/** Ping, then download, then upload. `progress({part, share, bits})`. */
export async function speedTest(peer, progress = () => {}) {
  const pings = [];
  for (let i = 0; i < 10; i += 1) pings.push(await peer.ping());
  pings.sort((a, b) => a - b);
  const downloadBits = await download(peer, (share, bits) => progress({ part: 'download', share, bits }));
  progress({ part: 'download', share: 1, bits: downloadBits });
  const uploadBits = await upload(peer, (share, bits) => progress({ part: 'upload', share, bits }));
  return { downloadBits, uploadBits, pingMs: pings[pings.length >> 1] };
}
