// What a program for Node.js writes: simple-peer's main file, and the package as its option.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import Peer from 'simple-peer';
import { DEADLINE, within } from '../harness/deadline.mjs';

const wrtc = createRequire(new URL('../../package.json', import.meta.url))('visavis');

test('simple-peer with the package as its option, and no globals', { timeout: 2 * DEADLINE }, async (t) => {
  assert.equal(globalThis.RTCPeerConnection, undefined);
  // Its timer for the end of gathering outlives it.
  const options = { wrtc, config: { iceServers: [] }, iceCompleteTimeout: 100 };
  const one = new Peer({ ...options, initiator: true });
  const two = new Peer(options);
  t.after(() => [one, two].forEach((peer) => peer.destroy()));
  one.on('signal', (signal) => two.signal(signal));
  two.on('signal', (signal) => one.signal(signal));
  const heard = new Promise((resolve, reject) => {
    two.on('data', resolve);
    for (const peer of [one, two]) peer.on('error', reject);
  });
  one.on('connect', () => one.send('hello'));
  assert.equal(String(await within(heard, () => 'nothing is heard')), 'hello');
});
