// Drives one browser for the interop tests: JSON lines in, JSON lines out.
//
//   node bridge.mjs chromium|firefox EXECUTABLE PROFILE_DIRECTORY
//
// In:   {"id": 1, "op": "open", "url": "http://..."}        answers the page's number
//       {"id": 2, "op": "evaluate", "page": 0, "code": "..."}  the body of an async function; answers its value
//       "reload", "goto", "screenshot", "upload", "close" likewise; see `operations`.
// Out:  {"id": 1, "ok": value} or {"id": 1, "error": "text"} per request, in any order;
//       {"page": 0, "event": value} for each `window.emit(value)`; {"page": 0, "log": "text"} for the page's console;
//       an error that the page does not catch is the event {"type": "uncaught", "text": "..."};
//       {"ready": "browser and version"} once, when the browser runs.
//
// The browser lives exactly as long as standard input is open, so it also ends when the test is killed.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import puppeteer from 'puppeteer-core';

const [kind, executablePath, userDataDir] = process.argv.slice(2);

const CHROMIUM_ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

const write = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const text = (error) => (error && error.stack) || String(error);

const browser = await puppeteer.launch({
  browser: kind === 'firefox' ? 'firefox' : 'chrome',
  executablePath,
  userDataDir,
  headless: true,
  pipe: kind !== 'firefox',
  args: kind === 'firefox' ? [] : CHROMIUM_ARGUMENTS,
  // The tests have deadlines of their own.
  protocolTimeout: 0,
  handleSIGINT: false,
});

/** What stays lies under target/ and harms nobody. */
function removeProfile() {
  try {
    rmSync(userDataDir, { recursive: true, force: true, maxRetries: 3 });
  } catch {}
}

let ending = false;
async function end() {
  if (ending) return;
  ending = true;
  // A browser that does not close by itself is killed, by its own id.
  setTimeout(() => {
    browser.process()?.kill('SIGKILL');
    removeProfile();
    process.exit(1);
  }, 5000).unref();
  await browser.close().catch(() => browser.process()?.kill('SIGKILL'));
  removeProfile();
  process.exit(0);
}

// Nobody reads any more: the test has ended, and with it standard input.
process.stdout.on('error', end);

const pages = [];

const operations = {
  async open({ url }) {
    const page = await browser.newPage();
    const number = pages.push(page) - 1;
    page.setDefaultTimeout(0);
    page.on('console', (message) => write({ page: number, log: message.text() }));
    page.on('pageerror', (error) => write({ page: number, event: { type: 'uncaught', text: text(error) } }));
    // The binding outlives reloads; values go as JSON so that both protocols carry them alike.
    await page.exposeFunction('__emit', (json) => write({ page: number, event: JSON.parse(json) }));
    await page.evaluateOnNewDocument('window.emit = (value) => { window.__emit(JSON.stringify(value)); };');
    await page.goto(url, { waitUntil: 'load' });
    return number;
  },
  async evaluate({ page, code }) {
    return pages[page].evaluate(`(async () => { ${code} })()`);
  },
  async goto({ page, url }) {
    await pages[page].goto(url, { waitUntil: 'load' });
  },
  async reload({ page }) {
    await pages[page].reload({ waitUntil: 'load' });
  },
  async screenshot({ page, path, width, height }) {
    await pages[page].setViewport({ width, height });
    await pages[page].screenshot({ path });
  },
  async upload({ page, selector, path }) {
    const input = await pages[page].$(selector);
    if (!input) throw new Error(`no element ${selector}`);
    await input.uploadFile(path);
  },
  async click({ page, selector }) {
    await pages[page].click(selector);
  },
  async type({ page, selector, text: keys }) {
    await pages[page].type(selector, keys);
  },
  async close({ page }) {
    if (!pages[page].isClosed()) await pages[page].close();
  },
};

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on('line', async (line) => {
  const request = JSON.parse(line);
  try {
    if (!Object.hasOwn(operations, request.op)) throw new Error(`unknown operation ${request.op}`);
    write({ id: request.id, ok: (await operations[request.op](request)) ?? null });
  } catch (error) {
    write({ id: request.id, error: text(error) });
  }
});
lines.on('close', end);
browser.on('disconnected', end);
write({ ready: await browser.version() });
