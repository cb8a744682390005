// Bundles a program for the browser. Node.js and Chromium run the same bytes: what differs is only what is on globalThis.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const bundles = new Map();

/**
 * A classic script of `programs/NAME.mjs` and the libraries that it imports, resolved as for a browser.
 * @param {string} name
 * @returns {Promise<string>}
 */
export function bundle(name) {
  if (!bundles.has(name)) {
    bundles.set(name, build({
      entryPoints: [fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url))],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      target: 'es2022',
      logLevel: 'error',
    }).then(({ outputFiles: [file] }) => file.text));
  }
  return bundles.get(name);
}
