// One RTCPeerConnection in a page, driven by the tests through `peer.OPERATION(arguments)`.
// The same operations and events stand in python/bridge.py and src/ours.rs; src/peer.rs documents them.
'use strict';

window.peer = (() => {
  let pc;
  let echoAll = false;
  let renomination = false;
  const channels = [];

  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const length = (data) => (typeof data === 'string' ? new TextEncoder().encode(data).length : data.byteLength);

  function register(dc) {
    const key = channels.length;
    const entry = { dc, key, inbox: [], bytes: 0, echo: echoAll, wake: null };
    channels.push(entry);
    dc.binaryType = 'arraybuffer';
    dc.onopen = () => window.emit({ type: 'open', key });
    dc.onclose = () => window.emit({ type: 'close', key });
    dc.onerror = (event) => window.emit({ type: 'error', key, text: String(event.error?.message) });
    dc.onmessage = ({ data }) => {
      if (entry.echo) {
        dc.send(data);
        return;
      }
      entry.inbox.push(data);
      entry.bytes += length(data);
      entry.wake?.();
    };
    return entry;
  }

  function describe({ dc, key }) {
    return {
      key,
      label: dc.label,
      protocol: dc.protocol,
      ordered: dc.ordered,
      maxRetransmits: dc.maxRetransmits,
      maxPacketLifeTime: dc.maxPacketLifeTime,
      negotiated: dc.negotiated,
      id: dc.id,
      readyState: dc.readyState,
      bufferedAmount: dc.bufferedAmount,
    };
  }

  // Resolves when the queue is short enough for the next message; rejects when the channel has ended.
  function room(dc) {
    if (dc.readyState !== 'open') throw new Error(`channel is ${dc.readyState}`);
    if (dc.bufferedAmount < 1 << 20) return null;
    return new Promise((resolve, reject) => {
      dc.bufferedAmountLowThreshold = 1 << 18;
      dc.addEventListener('bufferedamountlow', resolve, { once: true });
      dc.addEventListener('close', () => reject(new Error('channel closed')), { once: true });
    });
  }

  // A stream with one track that no device and no permission is needed for.
  function sourceOf(kind) {
    if (kind === 'audio') return new AudioContext().createMediaStreamDestination().stream;
    const canvas = document.createElement('canvas');
    canvas.getContext('2d');
    return canvas.captureStream(1);
  }

  // More than one nomination, which Chromium has for native applications alone and takes from a description.
  function munged({ type, sdp }) {
    return { type, sdp: renomination ? sdp.replace(/a=ice-options:trickle/g, '$& renomination') : sdp };
  }

  async function local(description, trickle) {
    await pc.setLocalDescription(description);
    if (!trickle && pc.iceGatheringState !== 'complete') {
      await new Promise((resolve) => {
        pc.addEventListener('icegatheringstatechange', () => pc.iceGatheringState === 'complete' && resolve());
      });
    }
    return { type: pc.localDescription.type, sdp: pc.localDescription.sdp };
  }

  return {
    create({ configuration }) {
      pc = new RTCPeerConnection(configuration ?? {});
      renomination = configuration?.renomination === true;
      pc.onicecandidate = ({ candidate }) => window.emit({ type: 'candidate', candidate: candidate?.toJSON() ?? null });
      pc.onconnectionstatechange = () => window.emit({ type: 'connection', state: pc.connectionState });
      pc.oniceconnectionstatechange = () => window.emit({ type: 'ice', state: pc.iceConnectionState });
      pc.ondatachannel = ({ channel }) => window.emit({ type: 'channel', ...describe(register(channel)) });
      pc.ontrack = ({ transceiver, track, streams }) => window.emit({
        type: 'track', mid: transceiver.mid, kind: track.kind, streams: streams.length,
      });
    },
    channel({ label, init }) {
      return register(pc.createDataChannel(label, init ?? {})).key;
    },
    transceiver({ kind, direction, encodings }) {
      pc.addTransceiver(kind, { direction: direction ?? 'sendrecv', ...(encodings && { sendEncodings: encodings }) });
    },
    addTrack({ kind }) {
      const stream = sourceOf(kind);
      pc.addTrack(stream.getTracks()[0], stream);
    },
    transceivers() {
      return pc.getTransceivers().map(({ mid, receiver, sender, direction, currentDirection }) => ({
        mid, kind: receiver.track.kind, direction, currentDirection, encodings: sender.getParameters().encodings.length,
      }));
    },
    stop({ mid }) {
      pc.getTransceivers().find((transceiver) => transceiver.mid === mid).stop();
    },
    async offer({ trickle }) {
      return local(munged(await pc.createOffer()), trickle);
    },
    async answer({ trickle }) {
      return local(munged(await pc.createAnswer()), trickle);
    },
    async remote({ description }) {
      await pc.setRemoteDescription(description);
    },
    async candidate({ candidate }) {
      await pc.addIceCandidate(candidate ?? undefined);
    },
    echoAll() {
      echoAll = true;
    },
    echo({ key }) {
      channels[key].echo = true;
    },
    send({ key, text }) {
      channels[key].dc.send(text);
    },
    async numbers({ key, count }) {
      const { dc } = channels[key];
      for (let n = 0; n < count; n += 1) {
        const wait = room(dc);
        if (wait) await wait;
        dc.send(String(n));
      }
    },
    // Random blocks that begin with their number; answers the SHA-256 of everything sent.
    async blast({ key, bytes, size }) {
      const { dc } = channels[key];
      const all = new Uint8Array(bytes);
      for (let at = 0; at < bytes; at += 65536) crypto.getRandomValues(all.subarray(at, Math.min(at + 65536, bytes)));
      for (let at = 0; at < bytes; at += size) {
        const wait = room(dc);
        if (wait) await wait;
        dc.send(all.subarray(at, Math.min(at + size, bytes)));
      }
      return hex(await crypto.subtle.digest('SHA-256', all));
    },
    // Waits for so many messages or bytes and takes them out of the inbox.
    async receive({ key, messages, bytes }) {
      const entry = channels[key];
      while (entry.inbox.length < (messages ?? 0) || entry.bytes < (bytes ?? 0)) {
        await new Promise((resolve) => { entry.wake = resolve; });
      }
      const inbox = entry.inbox.splice(0);
      const total = entry.bytes;
      entry.bytes = 0;
      const parts = inbox.map((data) => (typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data)));
      const all = new Uint8Array(await new Blob(parts).arrayBuffer());
      return {
        messages: inbox.length,
        bytes: total,
        sha256: hex(await crypto.subtle.digest('SHA-256', all)),
        numbered: inbox.every((data, n) => data === String(n)),
        texts: inbox.filter((data) => typeof data === 'string').slice(0, 16),
      };
    },
    describe({ key }) {
      return describe(channels[key]);
    },
    state() {
      return {
        connection: pc.connectionState,
        ice: pc.iceConnectionState,
        gathering: pc.iceGatheringState,
        signaling: pc.signalingState,
        sctp: pc.sctp?.state ?? null,
        maxMessageSize: pc.sctp ? String(pc.sctp.maxMessageSize) : null,
      };
    },
    pair() {
      const pair = pc.sctp?.transport.iceTransport.getSelectedCandidatePair();
      return pair ? { local: pair.local.candidate, remote: pair.remote.candidate } : null;
    },
    closeChannel({ key }) {
      channels[key].dc.close();
    },
    close() {
      pc.close();
    },
  };
})();
