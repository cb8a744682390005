// webrtc-adapter takes nothing away, whatever browser it takes us for.
import assert from 'node:assert/strict';
import test from 'node:test';
import { DEADLINE } from '../harness/deadline.mjs';
import { link } from '../harness/link.mjs';
import { inNode } from '../harness/side.mjs';

const CHROME = {
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  userAgentData: { brands: [{ brand: 'Chromium', version: '140' }] },
};
const BROWSERS = [
  { name: 'nobody', navigator: { userAgent: 'Node.js' }, details: { browser: 'Not a supported browser.', version: null } },
  { name: 'Chrome', navigator: CHROME, details: { browser: 'chrome', version: 140 } },
  {
    name: 'Firefox',
    navigator: { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', mozGetUserMedia: true },
    details: { browser: 'firefox', version: 140 },
  },
  {
    name: 'Safari',
    navigator: {
      userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
    },
    details: { browser: 'safari', version: 605 },
  },
];

for (const { name, navigator, details } of BROWSERS) {
  test(`taken for ${name}`, { timeout: 2 * DEADLINE }, async (t) => {
    const [plain, adapted] = await Promise.all(['surface', 'adapter'].map((program) => inNode(t, program, { navigator })));
    assert.deepEqual(await adapted.call('browser'), details);
    assert.deepEqual(await adapted.call('walk'), await plain.call('walk'));
  });
}

test('simple-peer over it', { timeout: 2 * DEADLINE }, async (t) => {
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) => inNode(t, 'simple-peer-adapter', { name, navigator: CHROME })),
  );
  assert.equal((await one.call('browser')).browser, 'chrome');
  await two.call('create', {});
  link(one, two);
  const { streams } = await one.call('create', { options: { initiator: true }, media: { audio: true } });
  assert.equal((await two.next('stream')).id, streams[0]);
  await Promise.all([one.next('connect'), two.next('connect')]);
  await two.call('sendText', 'hello');
  assert.deepEqual(await one.next('data'), { type: 'data', bytes: [...Buffer.from('hello')] });
});
