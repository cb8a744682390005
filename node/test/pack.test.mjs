// What is published, as npm would lay it out: the package finds the addon in its platform's package.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { platform } = createRequire(import.meta.url)('../native/platform.cjs');

test('the packages work where they are installed', (t) => {
  execFileSync(process.execPath, [path.join(root, 'scripts/pack.mjs')]);
  const directory = mkdtempSync(path.join(tmpdir(), 'visavis-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const modules = path.join(directory, 'node_modules');
  mkdirSync(path.join(modules, '@visavis'), { recursive: true });
  cpSync(path.join(root, 'dist/visavis'), path.join(modules, 'visavis'), { recursive: true });
  const addon = path.join(modules, '@visavis', platform());
  symlinkSync(path.join(root, 'dist', platform()), addon);

  const program = `
    const { RTCPeerConnection } = require('visavis');
    const connection = new RTCPeerConnection();
    connection.createOffer().then(({ type }) => console.log(type)).finally(() => connection.close());
  `;
  const run = () => spawnSync(process.execPath, ['-e', program], { cwd: directory, encoding: 'utf8' });
  assert.equal(run().stdout, 'offer\n');
  rmSync(addon);
  assert.match(run().stderr, new RegExp(`neither a local build \\(npm run build\\) nor @visavis/${platform()}`));
});
