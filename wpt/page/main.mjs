// One page in one process: `node main.mjs CHECKOUT IMPLEMENTATION FILE[?VARIANT] PATIENCE [SUBTEST...]`. Results go to
// the parent process. See report.js for PATIENCE and SUBTEST.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';

import { audioInterfaces } from './audio.mjs';
import { Checkout, ORIGIN } from './checkout.mjs';
import { pageOfScript, tokens } from './html.mjs';
import { fire, install, offer, reportError } from './window.mjs';

const [root, implementation, file, patience, ...leftOut] = process.argv.slice(2);
const url = new URL(`${ORIGIN}/${file}`);
const checkout = new Checkout(root);

globalThis[Symbol.for('visavis.wpt.report')] = (message) => {
  process.send(message, () => {
    if (message.kind === 'complete') process.exit(0);
  });
};

globalThis[Symbol.for('visavis.wpt.promiseTests')] = { patience: Number(patience), leftOut: new Set(leftOut) };

install(url, checkout);
if (implementation !== 'none') {
  await load(implementation);
  // What browsers still have beside the standard is a module of its own.
  const legacy = implementation.replace(/\bglobal(?=(\.js)?$)/, 'legacy');
  if (file.startsWith('webrtc/legacy/') && legacy !== implementation) await load(legacy);
  offer(await audioInterfaces());
}
const source = checkout.read(url);
if (source === null) throw new Error(`There is no ${file} in ${root}.`);
await show(/\.(window|any)\.js$/.test(url.pathname) ? pageOfScript(url.pathname, source) : source);

/** An installed module (`visavis/global`) is looked for from where the runner was started. */
async function load(name) {
  const here = resolve(process.cwd(), 'from.js');
  const path = /^[./]/.test(name) ? resolve(name) : createRequire(here).resolve(name);
  await import(pathToFileURL(path).href);
}

/** Builds the document and runs its scripts, in order, as a parser does. */
async function show(html) {
  const open = [document.body];
  for (const token of tokens(html)) {
    const parent = open[open.length - 1];
    if (token.text !== undefined) {
      if (token.text.trim() !== '') parent.appendChild(document.createTextNode(token.text));
    } else if (token.close !== undefined) {
      const at = open.findLastIndex((element) => element.localName === token.close);
      if (at > 0) open.length = at;
    } else if (!['html', 'head', 'body'].includes(token.open)) {
      const element = document.createElement(token.open);
      for (const [name, value] of Object.entries(token.attributes)) element.setAttribute(name, value);
      (['meta', 'title', 'link'].includes(token.open) ? document.head : parent).appendChild(element);
      if (element.id !== '' && !(element.id in globalThis)) globalThis[element.id] = element;
      if (token.content === undefined) open.push(element);
      else element.textContent = token.content;
      if (token.open === 'script') await run(token);
    }
  }
  document.readyState = 'interactive';
  document.dispatchEvent(new Event('DOMContentLoaded'));
  await task();
  document.readyState = 'complete';
  fire(new Event('load'));
}

async function run({ attributes, content, line }) {
  const { src, type = 'text/javascript' } = attributes;
  if (!/javascript/.test(type)) return;
  const address = src === undefined ? url : new URL(src, url);
  const text = src === undefined ? content : checkout.read(address);
  // A script that cannot be brought is an error event at its element, which no test listens to.
  if (text !== null) {
    try {
      vm.runInThisContext(text, { filename: address.href, lineOffset: src === undefined ? line : 0 });
    } catch (error) {
      reportError(error);
    }
  }
  await task();
}

function task() {
  return new Promise((resolve) => setImmediate(resolve));
}
