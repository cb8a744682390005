import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import test from 'node:test';
import * as visavis from 'visavis';

const require = createRequire(import.meta.url);

test('import and require give the same objects', () => {
  const required = require('visavis');
  assert.deepEqual(Object.keys(required).sort(), Object.keys(visavis).sort());
  for (const [name, value] of Object.entries(visavis)) assert.equal(required[name], value);
});

test('nothing becomes global unless it is asked for', () => {
  const script = `
    await import('visavis');
    const before = typeof globalThis.RTCPeerConnection;
    await import('visavis/global');
    const { enumerable } = Object.getOwnPropertyDescriptor(globalThis, 'RTCPeerConnection');
    const devices = navigator.mediaDevices instanceof MediaDevices;
    console.log(JSON.stringify([before, typeof RTCPeerConnection, enumerable, devices, 'mediaDevices' in {}]));
  `;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: new URL('.', import.meta.url),
    encoding: 'utf8',
  });
  assert.deepEqual(JSON.parse(stdout), ['undefined', 'function', false, true, false]);
});

test('objects show their attributes', () => {
  const { inspect } = require('node:util');
  const { RTCSessionDescription, RTCPeerConnection } = visavis;
  assert.equal(
    inspect(new RTCSessionDescription({ type: 'offer', sdp: 'v=0' })),
    "RTCSessionDescription { type: 'offer', sdp: 'v=0' }",
  );
  assert.equal(typeof inspect(RTCSessionDescription.prototype), 'string');
  const pc = new RTCPeerConnection();
  assert.match(inspect(pc), /^RTCPeerConnection \{.*signalingState: 'stable'/s);
  assert.equal(inspect({ a: { b: { pc } } }), '{ a: { b: { pc: [RTCPeerConnection] } } }');
  pc.close();
});
