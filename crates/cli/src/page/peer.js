// One connection to the server's echo peer: signalling over HTTP, the states of both ends, and what they measure.

/** Longest wait for the first open channel. */
const CONNECT_TIMEOUT_MS = 20_000;
/** Trickled candidates that arrive within this time go into one request. */
const TRICKLE_BATCH_MS = 20;
const PING_INTERVAL_MS = 500;
const PING_GIVE_UP = 20;
/** As many status requests in a row that reach nobody mean that the server is gone. */
const STATUS_GIVE_UP = 3;

/** The rows of the timeline, in order: what each is called, and which attribute of either end it follows. */
export const TRACKS = [
  ['signalingState', 'Signalling'],
  ['iceConnectionState', 'ICE'],
  ['connectionState', 'Connection'],
  ['channel', 'Channel'],
];

/** An error whose message is a sentence for the person in front of the page. */
export class ConnectError extends Error {}

async function refusal(response) {
  let detail = response.statusText;
  try {
    const problem = await response.json();
    detail = problem.line ? `${problem.message} (line ${problem.line})` : problem.message;
  } catch { /* Not our server's problem document; the status line has to do. */ }
  return new ConnectError(`The server refused the connection (${response.status}): ${detail}.`);
}

async function request(url, options) {
  try {
    return await fetch(url, options);
  } catch {
    throw new ConnectError('The server does not answer. Is visavis still running?');
  }
}

/** `phase`: a change of phase or error. `states`: a state of either end changed. `ping`: a round trip ended. */
export class EchoPeer extends EventTarget {
  phase = 'connecting';
  error = null;
  setupMs = null;
  /** When connecting began, on performance.now()'s clock. */
  started = performance.now();
  states = { browser: {}, server: {} };
  timeline = { browser: {}, server: {} };
  server = null;
  #pc;
  #chat;
  #ping;
  #resource = null;
  #candidates = [];
  #trickle = null;
  #serverStarted = { at: 0, uncertainty: Infinity };
  #pings = new Map();
  #pingNumber = 0;
  #echoes = [];
  #timers = [];
  #counters = null;
  #missed = 0;

  constructor() {
    super();
    for (const end of ['browser', 'server']) {
      for (const [track] of TRACKS) this.timeline[end][track] = [];
    }
  }

  get connection() { return this.#pc; }
  get id() { return this.#resource?.split('/').pop() ?? null; }

  /** Resolves when messages can flow; rejects with a ConnectError. */
  async connect() {
    try {
      if (typeof RTCPeerConnection !== 'function') {
        throw new ConnectError('This browser has no RTCPeerConnection, or it is switched off.');
      }
      const open = this.#prepare();
      open.catch(() => {});
      await this.#signal();
      this.#poll();
      await open;
      this.#setPhase('connected');
      this.#timers.push(setInterval(() => this.#sendPing(), PING_INTERVAL_MS));
      this.#sendPing();
    } catch (error) {
      this.fail(error instanceof ConnectError ? error : new ConnectError(`The browser reports ${error.name}: ${error.message}`));
      throw this.error;
    }
  }

  #prepare() {
    const pc = new RTCPeerConnection();
    this.#pc = pc;
    const note = (track) => this.#record('browser', track, pc[track], performance.now());
    for (const [event, track] of [
      ['signalingstatechange', 'signalingState'],
      ['iceconnectionstatechange', 'iceConnectionState'],
      ['connectionstatechange', 'connectionState'],
    ]) {
      note(track);
      pc.addEventListener(event, () => note(track));
    }
    pc.addEventListener('connectionstatechange', () => {
      if (pc.connectionState === 'failed') {
        this.fail(new ConnectError(this.setupMs === null
          ? 'No path was found: none of the candidate pairs answered. A firewall between the ends, or the browser’s candidates are restricted.'
          : 'The connection is lost: the other end no longer answers on any path.'));
      }
    });
    pc.addEventListener('icecandidate', ({ candidate }) => this.#queueCandidate(candidate));
    this.#chat = pc.createDataChannel('chat');
    this.#ping = pc.createDataChannel('ping');
    this.#chat.onmessage = ({ data }) => this.#echoes.shift()?.(data);
    this.#ping.onmessage = ({ data }) => this.#pong(data);
    this.#record('browser', 'channel', 'connecting', performance.now());
    const opened = (channel) => new Promise((resolve, reject) => {
      channel.addEventListener('open', resolve, { once: true });
      this.addEventListener('phase', () => this.error && reject(this.error));
      this.#timers.push(setTimeout(
        () => reject(new ConnectError('The connection did not come up in time.')), CONNECT_TIMEOUT_MS));
    });
    this.#chat.addEventListener('open', () => this.#record('browser', 'channel', 'open', performance.now()));
    this.#chat.addEventListener('close', () => {
      this.#record('browser', 'channel', 'closed', performance.now());
      if (this.phase === 'connected') this.fail(new ConnectError('The server ended the connection.'));
    });
    return Promise.all([opened(this.#chat), opened(this.#ping)]);
  }

  async #signal() {
    const pc = this.#pc;
    await pc.setLocalDescription();
    const response = await request('echo', {
      method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: pc.localDescription.sdp,
    });
    if (response.status !== 201) throw await refusal(response);
    this.#resource = new URL(response.headers.get('Location'), response.url).pathname;
    await pc.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    this.#flushCandidates();
  }

  #queueCandidate(candidate) {
    this.#candidates.push(candidate);
    if (this.#resource === null) return;
    this.#trickle ??= setTimeout(() => this.#flushCandidates(), TRICKLE_BATCH_MS);
  }

  /** Sends what has been gathered since the last request as an RFC 8840 fragment. */
  #flushCandidates() {
    this.#trickle = null;
    const batch = this.#candidates.splice(0);
    if (batch.length === 0 || this.phase === 'closed') return;
    const sdp = this.#pc.localDescription.sdp;
    const line = (name) => sdp.match(new RegExp(`^${name}.*$`, 'm'))?.[0].trimEnd();
    const lines = batch.filter((c) => c?.candidate).map((c) => `a=${c.candidate}`);
    if (batch.includes(null)) lines.push('a=end-of-candidates');
    if (lines.length === 0) return;
    const fragment = [line('a=ice-ufrag:'), line('a=ice-pwd:'), line('m='), line('a=mid:'), ...lines, ''].join('\r\n');
    request(this.#resource, {
      method: 'PATCH', headers: { 'Content-Type': 'application/trickle-ice-sdpfrag' }, body: fragment,
    }).catch(() => { /* The connection's own states tell whether the candidates were missed. */ });
  }

  #poll() {
    const again = async () => {
      await this.#fetchStatus();
      if (this.phase === 'connecting' || this.phase === 'connected') {
        const settled = this.states.server.channel === 'open';
        this.#timers.push(setTimeout(again, settled ? 1000 : 100));
      }
    };
    again();
  }

  async #fetchStatus() {
    const before = performance.now();
    let status;
    try {
      const response = await fetch(`${this.#resource}/status`, { cache: 'no-store' });
      if (response.status === 404) return this.#serverGone();
      status = await response.json();
    } catch {
      this.#missed += 1;
      if (this.#missed >= STATUS_GIVE_UP) this.fail(new ConnectError('The server does not answer. Is visavis still running?'));
      return;
    }
    this.#missed = 0;
    const after = performance.now();
    // The server's clock starts at its own zero: the quickest exchange so far places it on ours.
    const uncertainty = after - before;
    if (uncertainty < this.#serverStarted.uncertainty) {
      this.#serverStarted = { at: (before + after) / 2 - status.age * 1000, uncertainty };
    }
    this.server = { ...status, measured: after };
    for (const [track] of TRACKS) {
      const changes = status.timeline.filter((entry) => entry.of === track);
      this.timeline.server[track] = changes.map(({ at, state }) => ({ at: this.#serverStarted.at + at * 1000, state }));
      this.states.server[track] = changes.at(-1)?.state ?? this.states.server[track];
    }
    this.dispatchEvent(new Event('states'));
  }

  #serverGone() {
    for (const [track] of TRACKS) this.#record('server', track, 'closed', performance.now());
  }

  #record(end, track, state, at) {
    if (this.states[end][track] === state) return;
    this.states[end][track] = state;
    this.timeline[end][track].push({ at, state });
    this.dispatchEvent(new Event('states'));
  }

  #setPhase(phase) {
    if (this.phase === 'closed') return;
    this.phase = phase;
    if (phase === 'connected') this.setupMs = performance.now() - this.started;
    this.dispatchEvent(new Event('phase'));
  }

  #sendPing() {
    if (this.#ping.readyState !== 'open' || this.#pings.size > PING_GIVE_UP) return;
    const number = this.#pingNumber += 1;
    this.#pings.set(String(number), performance.now());
    this.#ping.send(String(number));
  }

  #pong(number) {
    const sent = this.#pings.get(number);
    if (sent === undefined) return;
    this.#pings.delete(number);
    this.dispatchEvent(new CustomEvent('ping', { detail: performance.now() - sent }));
  }

  /** One round trip over the ping channel, in milliseconds. */
  ping() {
    return new Promise((resolve) => {
      this.addEventListener('ping', ({ detail }) => resolve(detail), { once: true });
      this.#sendPing();
    });
  }

  /** Sends `text`; resolves with what came back and after how long. */
  chat(text) {
    return new Promise((resolve, reject) => {
      if (this.#chat?.readyState !== 'open') throw new ConnectError('There is no open connection.');
      const sent = performance.now();
      this.#echoes.push((echo) => resolve({ echo, ms: performance.now() - sent }));
      this.#chat.addEventListener('close', () => reject(new ConnectError('The channel closed before the echo came.')), { once: true });
      this.#chat.send(text);
    });
  }

  /** A new channel, once it is open. */
  async open(label, init = {}) {
    if (this.phase !== 'connected') throw new ConnectError('There is no open connection.');
    const channel = this.#pc.createDataChannel(label, init);
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = 1 << 20;
    await new Promise((resolve, reject) => {
      channel.addEventListener('open', resolve, { once: true });
      channel.addEventListener('close', () => reject(new ConnectError('The channel was closed before it opened.')), { once: true });
    });
    return channel;
  }

  /** The largest piece that one message should carry: all stacks take 64 KiB, some take no more. */
  get pieceSize() {
    const limit = this.#pc.sctp?.maxMessageSize || Infinity;
    return Math.min(64 * 1024, limit);
  }

  /** Reads the browser's statistics: pair, round-trip time, and rates since the last call. */
  async sample() {
    const report = await this.#pc.getStats();
    const all = [...report.values()];
    const transport = all.find((s) => s.type === 'transport' && s.selectedCandidatePairId);
    const pair = report.get(transport?.selectedCandidatePairId)
      ?? all.find((s) => s.type === 'candidate-pair' && (s.selected || (s.nominated && s.state === 'succeeded')));
    const channels = all.filter((s) => s.type === 'data-channel');
    const now = performance.now();
    // The two ends may use different pairs, so that what arrives is not counted on the selected one. Firefox counts
    // on pairs only.
    const pairs = all.filter((s) => s.type === 'candidate-pair');
    const total = (key) => transport?.[key] ?? pairs.reduce((sum, one) => sum + (one[key] ?? 0), 0);
    const counters = { now, sent: total('bytesSent'), received: total('bytesReceived') };
    const last = this.#counters;
    this.#counters = counters;
    const bits = (key) => (last && now > last.now ? Math.max(0, counters[key] - last[key]) * 8000 / (now - last.now) : null);
    return {
      pair: pair && { local: report.get(pair.localCandidateId), remote: report.get(pair.remoteCandidateId) },
      iceRttMs: Number.isFinite(pair?.currentRoundTripTime) ? pair.currentRoundTripTime * 1000 : null,
      sendBits: bits('sent'),
      receiveBits: bits('received'),
      bytesSent: counters.sent,
      bytesReceived: counters.received,
      openChannels: channels.filter((c) => c.state === 'open').length,
      tls: transport && { version: transport.tlsVersion, cipher: transport.dtlsCipher },
    };
  }

  fail(error) {
    if (this.phase === 'closed' || this.phase === 'failed') return;
    this.error = error;
    this.#setPhase('failed');
    this.#release();
  }

  /** Ends the connection and its resource on the server. */
  close() {
    if (this.phase === 'closed') return;
    this.#setPhase('closed');
    this.#release();
  }

  #release() {
    this.#timers.forEach(clearTimeout);
    clearTimeout(this.#trickle);
    this.#pc?.close();
    // Closing fires no events.
    for (const [track] of TRACKS) {
      const state = track === 'channel' ? 'closed' : this.#pc?.[track];
      if (state) this.#record('browser', track, state, performance.now());
    }
    if (this.#resource) fetch(this.#resource, { method: 'DELETE', keepalive: true }).catch(() => {});
  }
}
