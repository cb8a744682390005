// A page of Chromium and a Node.js process run the same bundles of the same libraries, and talk to each other.
import assert from 'node:assert/strict';
import test from 'node:test';
import { chromium } from '../harness/chromium.mjs';
import { DEADLINE } from '../harness/deadline.mjs';
import { link } from '../harness/link.mjs';
import { peerServer, yjsSignalling } from '../harness/servers.mjs';
import { inNode, inPage } from '../harness/side.mjs';

const TIMEOUT = { timeout: 4 * DEADLINE };

/** Runs `body` with a program here and there. */
async function both(t, browser, program, body) {
  const [node, page] = await Promise.all([inNode(t, program), inPage(t, browser, program)]);
  await body({ node, page });
}

async function throughSimplePeer(t, { one, two, media, options }) {
  await two.call('create', { options });
  link(one, two);
  const { streams } = await one.call('create', { options: { initiator: true, ...options }, media });
  await Promise.all([one.next('connect'), two.next('connect')]);
  for (const [from, to] of [[one, two], [two, one]]) {
    await from.call('sendText', from.name);
    assert.deepEqual(await to.next('data'), { type: 'data', bytes: [...Buffer.from(from.name)] });
    const bytes = 2 << 20;
    await to.call('expect', bytes);
    const sha256 = await from.call('write', { seed: 3, bytes, chunk: 16 << 10 });
    assert.deepEqual(await to.call('received'), { bytes, sha256 });
  }
  if (media) assert.deepEqual(await two.next('stream'), { type: 'stream', id: streams[0], kinds: ['audio', 'video'] });
  await two.call('destroy');
  await Promise.all([one.next('close'), two.next('close')]);
}

test('Node.js and Chromium', TIMEOUT, async (t) => {
  const browser = await chromium(t);
  if (!browser) return;
  const media = { audio: true, video: true };
  await t.test('simple-peer, called from Node.js', TIMEOUT, (t) => both(t, browser, 'simple-peer', ({ node, page }) => (
    throughSimplePeer(t, { one: node, two: page, media }))));
  await t.test('simple-peer, called from Chromium', TIMEOUT, (t) => both(t, browser, 'simple-peer', ({ node, page }) => (
    throughSimplePeer(t, { one: page, two: node, media }))));
  await t.test('simple-peer, without trickle', TIMEOUT, (t) => both(t, browser, 'simple-peer', ({ node, page }) => (
    throughSimplePeer(t, { one: page, two: node, options: { trickle: false } }))));

  await t.test('peerjs', TIMEOUT, async (t) => {
    const port = await peerServer(t);
    await both(t, browser, 'peerjs', async ({ node, page }) => {
      await Promise.all([node.call('register', { id: 'node', port }), page.call('register', { id: 'page', port })]);
      await Promise.all([node.next('registered'), page.next('registered')]);
      await page.call('connect', { to: 'node', options: { reliable: true } });
      await Promise.all([node.next('connected'), page.next('connected')]);
      for (const [from, to] of [[node, page], [page, node]]) {
        const value = await from.call('send', { text: 'grüße', large: { binary: 'ArrayBuffer', seed: 4, length: 1 << 20 } });
        assert.deepEqual((await to.next('data')).value, value);
      }
    });
  });

  await t.test('y-webrtc', TIMEOUT, async (t) => {
    const signaling = await yjsSignalling(t);
    await both(t, browser, 'y-webrtc', async ({ node, page }) => {
      for (const side of [node, page]) await side.call('join', { room: 'room', signaling });
      await node.call('insert', { at: 0, text: 'hello' });
      assert.equal(await page.call('text', 5), 'hello');
      await page.call('insert', { at: 5, text: ' world' });
      assert.equal(await node.call('text', 11), 'hello world');
    });
  });
});
