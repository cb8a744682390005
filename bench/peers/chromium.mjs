// Chromium: both ends in one page.   node chromium.mjs SCENARIO     (VISAVIS_CHROMIUM: its executable)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

import { measure, work } from './figures.mjs';

const [scenario] = process.argv.slice(2);
const userDataDir = mkdtempSync(join(tmpdir(), 'bench-chromium-'));
const browser = await puppeteer.launch({
  executablePath: process.env.VISAVIS_CHROMIUM ?? '/usr/bin/chromium',
  userDataDir,
  headless: true,
  pipe: true,
  protocolTimeout: 0,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
});

/** In the page. */
async function connect(kind) {
  const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
  a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
  b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
  const near = a.createDataChannel('bench', kind === 'unreliable' ? { ordered: false, maxRetransmits: 0 } : {});
  const channels = new Promise((resolve) => {
    b.ondatachannel = ({ channel }) => resolve(channel);
  });
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription);
  const far = await channels;
  if (near.readyState !== 'open') await new Promise((resolve) => { near.onopen = resolve; });
  near.binaryType = far.binaryType = 'arraybuffer';
  return [near, far];
}

try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await measure(
    scenario,
    (kind, size, limit, amount) => page.evaluate(
      `(async () => {
        const [near, far] = await (${connect})(${JSON.stringify(kind)});
        return (${work})(near, far, ${JSON.stringify(kind)}, ${size}, ${limit}, ${amount});
      })()`,
    ),
    browser.process().pid,
  );
} finally {
  await browser.close();
  rmSync(userDataDir, { recursive: true, force: true });
}
