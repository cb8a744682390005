import { bytesOf, sha256 } from './random.mjs';

/** What a test does with one `Peer`. */
export function operations(Peer) {
  let peer;
  let streams = [];
  let received = [];
  let receivedBytes = 0;
  let wanted = null;

  function report() {
    peer.on('signal', (signal) => emit({ type: 'signal', signal }));
    peer.on('connect', () => emit({ type: 'connect' }));
    peer.on('close', () => emit({ type: 'close' }));
    peer.on('error', (error) => emit({ type: 'error', code: error.code, message: error.message }));
    peer.on('track', (track, stream) => emit({ type: 'track', kind: track.kind, stream: stream.id, muted: track.muted }));
    peer.on('stream', (stream) => {
      emit({ type: 'stream', id: stream.id, kinds: stream.getTracks().map((track) => track.kind).sort() });
    });
    peer.on('negotiated', () => emit({ type: 'negotiated' }));
    peer.on('data', (data) => {
      if (wanted) {
        take(data);
      } else if (typeof data === 'string') {
        emit({ type: 'data', text: data });
      } else {
        emit({ type: 'data', bytes: Array.from(data) });
      }
    });
  }

  function take(data) {
    received.push(data);
    receivedBytes += data.byteLength;
    if (receivedBytes >= wanted.bytes) wanted.resolve();
  }

  return {
    async create({ options, media }) {
      streams = media ? [await navigator.mediaDevices.getUserMedia(media)] : [];
      peer = new Peer({ config: { iceServers: [] }, streams, ...options });
      report();
      return { streams: streams.map((stream) => stream.id), supported: Peer.WEBRTC_SUPPORT };
    },
    signal(signal) {
      // The last candidates may come to a side that has ended. Whoever carries them has to know, says simple-peer.
      if (!peer.destroyed) peer.signal(signal);
    },
    sendText(text) {
      peer.send(text);
    },
    sendBytes(bytes) {
      peer.send(new Uint8Array(bytes));
    },
    /** Writes to the duplex stream and minds its back pressure; answers the hash of all. */
    async write({ seed, bytes, chunk }) {
      const all = bytesOf(seed, bytes);
      for (let at = 0; at < bytes; at += chunk) {
        if (!peer.write(all.subarray(at, at + chunk))) await new Promise((resolve) => peer.once('drain', resolve));
      }
      return sha256(all);
    },
    /** From now on data is counted and not reported; `received` waits for so many bytes and answers their hash. */
    expect(bytes) {
      received = [];
      receivedBytes = 0;
      let resolve;
      const all = new Promise((done) => { resolve = done; });
      wanted = { bytes, resolve, all };
    },
    async received() {
      await wanted.all;
      const hash = await sha256(await new Blob(received).arrayBuffer());
      wanted = null;
      return { bytes: receivedBytes, sha256: hash };
    },
    async addStream(media) {
      const stream = await navigator.mediaDevices.getUserMedia(media);
      streams.push(stream);
      peer.addStream(stream);
      return stream.id;
    },
    removeStream(id) {
      peer.removeStream(streams.find((stream) => stream.id === id));
    },
    async replaceTrack({ stream: id, media }) {
      const stream = streams.find((candidate) => candidate.id === id);
      const [track] = (await navigator.mediaDevices.getUserMedia(media)).getTracks();
      peer.replaceTrack(stream.getTracks().find(({ kind }) => kind === track.kind), track, stream);
    },
    addTransceiver({ kind, init }) {
      peer.addTransceiver(kind, init);
    },
    addresses() {
      const { localAddress, localPort, remoteAddress, remotePort } = peer;
      return { local: [localAddress, localPort], remote: [remoteAddress, remotePort] };
    },
    state() {
      return { connected: peer.connected, destroyed: peer.destroyed, bufferSize: peer.bufferSize, channel: peer.channelName };
    },
    destroy(message) {
      peer.destroy(message ? new Error(message) : undefined);
    },
  };
}
