import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import * as visavis from '../js/generated/index.mjs';

test('code for browsers compiles against the types', () => {
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  const project = fileURLToPath(new URL('types', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

test('the types name what is exported', () => {
  const text = readFileSync(new URL('../types/index.d.ts', import.meta.url), 'utf8');
  const named = [...text.matchAll(/^ {2}\w+_ as (\w+),$/gm)].map(([, name]) => name);
  assert.deepEqual([...named, 'mediaDevices'].sort(), Object.keys(visavis).sort());
});
