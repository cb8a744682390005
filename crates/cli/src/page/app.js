// The console: draws what an EchoPeer reports, and offers the same to scripts as `window.visavis`.
import { EchoPeer, TRACKS } from './peer.js';
import { Plot, Timeline, tone } from './plot.js';
import { sendFile, speedTest } from './transfer.js';
import * as format from './format.js';

const SAMPLE_MS = 500;
const DRAW_MS = 200;
/** Lines kept in the chat. */
const CHAT_LINES = 200;

const $ = (id) => document.getElementById(id);
const rtt = new Plot($('rtt'), $('rtt-legend'), {
  series: [{ color: 'browser', label: 'Data channel' }, { color: 'server', label: 'ICE check' }],
  floor: 1, format: format.milliseconds,
});
const throughput = new Plot($('throughput'), $('throughput-legend'), {
  series: [{ color: 'browser', label: 'To visavis' }, { color: 'server', label: 'To browser' }],
  floor: 100_000, format: format.rate,
});
const timeline = new Timeline($('timeline'));
const pills = { browser: {}, server: {} };
let peer = null;
let stats = {};
let ready = null;
let busy = false;

for (const end of ['browser', 'server']) {
  for (const [track, name] of TRACKS) {
    const term = Object.assign(document.createElement('dt'), { textContent: name });
    if (track === TRACKS[0][0]) { term.className = `key key-${end}`; }
    const value = document.createElement('dd');
    const pill = Object.assign(document.createElement('span'), { className: 'pill', textContent: '–' });
    pill.dataset.testid = `${end}-${track}`;
    value.append(pill);
    $(`tracks-${end}`).append(term, value);
    pills[end][track] = pill;
  }
}

function connect() {
  peer?.close();
  const next = new EchoPeer();
  peer = next;
  rtt.clear();
  throughput.clear();
  stats = {};
  for (const end of ['browser', 'server']) {
    for (const [track] of TRACKS) showPill(end, track, undefined);
  }
  next.addEventListener('phase', () => next === peer && showPhase());
  next.addEventListener('states', () => next === peer && showStates());
  next.addEventListener('ping', ({ detail }) => {
    if (next !== peer) return;
    stats.rttMs = detail;
    rtt.push(0, detail);
  });
  ready = next.connect();
  ready.then(sample, () => {});
  showPhase();
  showStates();
  return ready;
}

function showPhase() {
  const words = { connecting: 'Connecting', connected: `Connected in ${format.milliseconds(peer.setupMs)}`, failed: 'Not connected', closed: 'Closed' };
  $('summary').textContent = words[peer.phase];
  $('summary').dataset.phase = peer.phase;
  $('notice').hidden = !peer.error;
  $('notice').textContent = peer.error?.message ?? '';
  $('fact-setup').textContent = format.milliseconds(peer.setupMs);
  for (const button of [$('speed-run'), document.querySelector('#chat-form button')]) button.disabled = peer.phase !== 'connected';
}

function showPill(end, track, state) {
  const pill = pills[end][track];
  pill.textContent = state ?? '–';
  pill.dataset.tone = tone(state);
}

function showStates() {
  for (const end of ['browser', 'server']) {
    for (const [track] of TRACKS) showPill(end, track, peer.states[end][track]);
  }
}

function candidateCell(cell, candidate) {
  const where = (candidate?.address ?? candidate?.ip)?.replace(/.*\.local$/, '');
  // Browsers hide their own addresses behind mDNS names until a page may use the camera.
  const address = !where ? 'address hidden' : where.includes(':') ? `[${where}]` : where;
  cell.textContent = candidate ? (where ? `${address}:${candidate.port}` : `${address}, port ${candidate.port}`) : '–';
  if (candidate) cell.append(Object.assign(document.createElement('small'), { textContent: `${candidate.type ?? candidate.candidateType} · ${candidate.protocol}` }));
}

function showPair(pair) {
  const server = peer.server?.selectedCandidatePair;
  const cells = (row) => [...$(row).querySelectorAll('td')];
  const [browserLocal, browserRemote] = cells('pair-browser');
  const stat = (candidate) => candidate && { ...candidate, type: candidate.candidateType };
  candidateCell(browserLocal, stat(pair?.local));
  candidateCell(browserRemote, stat(pair?.remote));
  const [serverRemote, serverLocal] = cells('pair-server');
  candidateCell(serverRemote, server?.remote);
  candidateCell(serverLocal, server?.local);
  $('path-kind').textContent = server ? `${server.local.protocol.toUpperCase()}, direct` : '';
}

async function sample() {
  const current = peer;
  if (current.phase !== 'connected') return;
  try {
    const now = await current.sample();
    if (current !== peer || current.phase !== 'connected') return;
    const serverRtt = current.server?.roundTripTime;
    // The server's is finer: browsers round theirs to milliseconds, and Firefox has none.
    const iceRttMs = Number.isFinite(serverRtt) ? serverRtt * 1000 : now.iceRttMs;
    stats = { ...stats, ...now, iceRttMs, server: current.server };
    rtt.push(1, iceRttMs);
    throughput.push(0, now.sendBits);
    throughput.push(1, now.receiveBits);
    showPair(now.pair);
    const version = { FEFD: 'DTLS 1.2', FEFC: 'DTLS 1.3' }[now.tls?.version] ?? (now.tls?.version ? `DTLS ${now.tls.version}` : 'DTLS');
    $('fact-dtls').textContent = version;
    $('fact-dtls').title = now.tls?.cipher ?? '';
    const limit = current.connection.sctp?.maxMessageSize;
    $('fact-message').textContent = limit ? (Number.isFinite(limit) ? `${limit / 1024} KiB` : 'unlimited') : '–';
    $('fact-channels').textContent = `${now.openChannels} open`;
  } finally {
    if (current === peer) setTimeout(sample, SAMPLE_MS);
  }
}

function draw() {
  if (document.hidden) return;
  rtt.draw();
  throughput.draw();
  const over = peer.phase === 'failed' || peer.phase === 'closed';
  const now = over ? Math.max(peer.ended ??= performance.now(), peer.started) : performance.now();
  const rows = (end) => TRACKS.map(([track]) => peer.timeline[end][track]);
  const changes = [...rows('browser'), ...rows('server')].map((row) => row.find(({ state }) => state === 'open' || state === 'connected'));
  const lastSetup = Math.max(...changes.filter(Boolean).map(({ at }) => at));
  timeline.draw({
    groups: [rows('browser'), rows('server')], started: peer.started,
    until: peer.setupMs === null ? null : lastSetup, now, labels: format,
  });
}

function addLine(className, text, note = '') {
  const log = $('chat-log');
  log.querySelector('.empty')?.remove();
  const line = Object.assign(document.createElement('li'), { className, textContent: text });
  if (note) line.append(Object.assign(document.createElement('small'), { textContent: note }));
  log.append(line);
  while (log.children.length > CHAT_LINES) log.firstChild.remove();
  log.scrollTop = log.scrollHeight;
}

async function chat(text) {
  addLine('mine', text);
  const { echo, ms } = await peer.chat(text);
  addLine('echo', echo, format.milliseconds(ms));
  return echo;
}

function meter(id, shares) {
  const bar = $(id);
  [...bar.children].forEach((part, i) => { part.style.width = `${(shares[i] * 100).toFixed(2)}%`; });
  bar.setAttribute('aria-valuenow', Math.round(shares.at(-1) * 100));
}

function verdict(id, text, feeling = '') {
  $(id).textContent = text;
  $(id).dataset.tone = feeling;
}

async function fileEcho(blob) {
  if (busy) throw new Error('A transfer is under way.');
  busy = true;
  const started = performance.now();
  $('drop-title').textContent = blob.name ?? 'Unnamed data';
  $('drop-note').textContent = format.bytes(blob.size);
  for (const id of ['sha-sent', 'sha-echoed']) $(id).textContent = '–';
  verdict('file-verdict', '');
  let shown = 0;
  try {
    const result = await sendFile(peer, blob, ({ sent, echoed, total }) => {
      const now = performance.now();
      if (now - shown < 50 && echoed < total) return;
      shown = now;
      meter('file-progress', [sent / total, echoed / total]);
      verdict('file-verdict', `${format.bytes(echoed)} of ${format.bytes(total)} back, ${format.rate(echoed * 8000 / (now - started))} each way`);
    });
    meter('file-progress', [1, 1]);
    $('sha-sent').textContent = result.sha256;
    $('sha-echoed').textContent = result.echoedSha256;
    const same = result.sha256 === result.echoedSha256 && result.bytes === blob.size;
    const took = `${format.bytes(result.bytes)} there and back in ${format.milliseconds(result.seconds * 1000)}`;
    verdict('file-verdict', same ? `Identical. ${took}.` : `Different! ${took}.`, same ? 'good' : 'bad');
    return result;
  } catch (error) {
    verdict('file-verdict', error.message, 'bad');
    throw error;
  } finally {
    busy = false;
  }
}

async function runSpeedTest() {
  if (busy) throw new Error('A transfer is under way.');
  busy = true;
  $('speed-run').disabled = true;
  for (const id of ['speed-download', 'speed-upload', 'speed-ping']) $(id).textContent = '–';
  let shown = 0;
  try {
    verdict('speed-note', 'Measuring');
    const result = await speedTest(peer, ({ part, share, bits }) => {
      const now = performance.now();
      if (now - shown < 100 && share < 1) return;
      shown = now;
      $(`speed-${part}`).textContent = format.digits(bits / 1e6);
      meter('speed-progress', [share / 2 + (part === 'upload' ? 0.5 : 0)]);
    });
    $('speed-download').textContent = format.digits(result.downloadBits / 1e6);
    $('speed-upload').textContent = format.digits(result.uploadBits / 1e6);
    $('speed-ping').textContent = format.digits(result.pingMs);
    meter('speed-progress', [1]);
    verdict('speed-note', 'Payload only, headers not counted.');
    return result;
  } catch (error) {
    verdict('speed-note', error.message, 'bad');
    throw error;
  } finally {
    busy = false;
    $('speed-run').disabled = peer.phase !== 'connected';
  }
}

// The verdicts already say what went wrong; nothing is left to report to the browser's own console.
const quietly = (promise) => promise.catch(() => {});

$('reconnect').addEventListener('click', () => quietly(connect()));
$('chat-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = $('chat-text').value;
  if (text === '') return;
  $('chat-text').value = '';
  chat(text).catch((error) => addLine('empty', error.message));
});
$('file-picker').addEventListener('change', ({ target }) => {
  if (target.files[0]) quietly(fileEcho(target.files[0]));
  target.value = '';
});
for (const event of ['dragenter', 'dragover']) {
  $('drop').addEventListener(event, (e) => { e.preventDefault(); $('drop').classList.add('over'); });
}
$('drop').addEventListener('dragleave', () => $('drop').classList.remove('over'));
$('drop').addEventListener('drop', (event) => {
  event.preventDefault();
  $('drop').classList.remove('over');
  if (event.dataTransfer.files[0]) quietly(fileEcho(event.dataTransfer.files[0]));
});
// A file that misses the field must not replace the page.
for (const event of ['dragover', 'drop']) window.addEventListener(event, (e) => e.preventDefault());
$('speed-run').addEventListener('click', () => quietly(runSpeedTest()));
addEventListener('pagehide', () => peer.close());
addEventListener('resize', draw);

/** For scripts and tests: what the page shows, and what its controls do. */
window.visavis = {
  get state() {
    const { phase, error, setupMs, states } = peer;
    return structuredClone({ phase, error: error?.message ?? null, setupMs, browser: states.browser, server: states.server, id: peer.id });
  },
  get stats() { return stats; },
  get ready() { return ready; },
  get connection() { return peer.connection; },
  chat,
  sendFile: fileEcho,
  speedTest: runSpeedTest,
  reconnect: connect,
  close: () => peer.close(),
};

addLine('empty', 'No messages yet.');
quietly(connect());
setInterval(draw, DRAW_MS);
