// The web server's part: what an address of a page means in a checkout of the Web Platform Tests.
import { readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const HOST = 'web-platform.test';
export const ORIGIN = `https://${HOST}:8443`;

/** Files that a vendor brings: paths of the checkout that are answered by ours. */
const OURS = new Map([
  ['/resources/testharnessreport.js', 'report.js'],
  ['/resources/testdriver-vendor.js', 'testdriver.js'],
]);

/** Paths that the test server answers with another file. */
const ALIASES = new Map([['/resources/WebIDLParser.js', '/resources/webidl2/lib/webidl2.js']]);

const SUBSTITUTIONS = new Map([
  ['host', HOST],
  ['domains[]', HOST],
  ['hosts[][]', HOST],
  ['hosts[alt][]', 'not-web-platform.test'],
  ['ports[http][0]', '8000'],
  ['ports[http][1]', '8001'],
  ['ports[https][0]', '8443'],
  ['ports[https][1]', '8444'],
]);

export class Checkout {
  #root;

  constructor(root) {
    this.#root = root;
  }

  /** The text at an address of the tests' origin; null if there is none. */
  read(url) {
    if (url.origin !== ORIGIN) return null;
    const path = decodeURIComponent(url.pathname);
    const file = OURS.has(path)
      ? fileURLToPath(new URL(OURS.get(path), import.meta.url))
      : join(this.#root, normalize(ALIASES.get(path) ?? path));
    try {
      const text = readFileSync(file, 'utf8');
      return path.includes('.sub.') ? substitute(text) : text;
    } catch {
      return null;
    }
  }
}

function substitute(text) {
  return text.replace(/\{\{([^}]*)\}\}/g, (whole, name) => {
    if (SUBSTITUTIONS.has(name)) return SUBSTITUTIONS.get(name);
    const domain = /^(?:domains|hosts\[\])\[(\w+)\]$/.exec(name);
    return domain ? `${domain[1]}.${HOST}` : whole;
  });
}
