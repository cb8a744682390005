// A headless Chromium for the tests, driven as interop/ drives it.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { once } from 'node:events';

const EXECUTABLE = process.env.VISAVIS_CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

function load(name) {
  try {
    return createRequire(new URL('../../../interop/package.json', import.meta.url))(name);
  } catch {
    return null;
  }
}

/** Why there is no Chromium to test with, or null. */
function missing() {
  if (!existsSync(EXECUTABLE)) return `chromium at ${EXECUTABLE}`;
  if (!load('puppeteer-core')) return 'puppeteer-core (npm ci in interop/)';
  return null;
}

/**
 * Starts Chromium; null where it is missing and that is allowed (`VISAVIS_ALLOW_MISSING=1`).
 * @param {import('node:test').TestContext} t ends it with the test
 */
export async function chromium(t) {
  const what = missing();
  if (what) {
    if (process.env.VISAVIS_ALLOW_MISSING !== '1') throw new Error(`missing: ${what}; \`cargo xtask setup\` installs it`);
    t.skip(`missing: ${what}`);
    return null;
  }
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>visavis</title>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { default: puppeteer } = load('puppeteer-core');
  const browser = await puppeteer.launch({ executablePath: EXECUTABLE, headless: true, pipe: true, args: ARGUMENTS });
  t.after(async () => {
    await browser.close();
    server.close();
  });
  return {
    async page() {
      const page = await browser.newPage();
      await page.goto(`http://localhost:${server.address().port}/`);
      return page;
    },
  };
}
