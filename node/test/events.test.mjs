import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { once, openChannels, connection, negotiate, pair } from './pair.mjs';

test('a checkpoint comes after each listener of an event', async (t) => {
  const { channel, other } = await openChannels(t);
  const log = [];
  const listener = (name) => () => {
    log.push(name);
    queueMicrotask(() => log.push(`${name}, microtask`));
    process.nextTick(() => log.push(`${name}, tick`));
  };
  other.addEventListener('message', listener('first'));
  other.onmessage = listener('second');
  other.addEventListener('message', { handleEvent: listener('third') });
  channel.send('');
  await once(other, 'message');
  const expected = ['first', 'second', 'third'].flatMap((name) => [name, `${name}, tick`, `${name}, microtask`]);
  assert.deepEqual(log, expected);
});

test('no checkpoint comes inside of a script that dispatches an event itself', (t) => {
  const pc = connection(t);
  const log = [];
  pc.onnegotiationneeded = () => {
    log.push('listener');
    queueMicrotask(() => log.push('microtask'));
  };
  pc.dispatchEvent(new Event('negotiationneeded'));
  assert.deepEqual(log, ['listener']);
});

test('an event handler keeps its place when it is replaced, and loses it when it is removed', (t) => {
  const pc = connection(t);
  const log = [];
  const handler = (name) => () => log.push(name);
  pc.ontrack = handler('old');
  pc.addEventListener('track', handler('listener'));
  pc.ontrack = handler('new');
  pc.dispatchEvent(new Event('track'));
  pc.ontrack = null;
  pc.ontrack = handler('again');
  pc.dispatchEvent(new Event('track'));
  assert.deepEqual(log, ['new', 'listener', 'listener', 'again']);
  pc.ontrack = 'not an object';
  assert.equal(pc.ontrack, null);
  const object = {};
  pc.ontrack = object;
  assert.equal(pc.ontrack, object);
  pc.dispatchEvent(new Event('track'));
});

test('listeners are known by what was given', (t) => {
  const pc = connection(t);
  const log = [];
  const listener = () => log.push('called');
  pc.addEventListener('track', listener);
  pc.addEventListener('track', listener);
  pc.dispatchEvent(new Event('track'));
  pc.removeEventListener('track', listener);
  pc.dispatchEvent(new Event('track'));
  assert.deepEqual(log, ['called']);
});

test('events are trusted, and their target is the object', async (t) => {
  const [a, b] = pair(t);
  a.createDataChannel('');
  const changed = once(a, 'signalingstatechange');
  await negotiate(a, b);
  const event = await changed;
  assert.equal(event.isTrusted, true);
  assert.equal(event.target, a);
});

test('attributes change in the task of their event', async (t) => {
  const [a, b] = pair(t);
  a.createDataChannel('');
  const states = [];
  a.onsignalingstatechange = () => states.push(a.signalingState);
  a.onicegatheringstatechange = () => states.push(a.iceGatheringState);
  const set = a.setLocalDescription();
  assert.equal(a.signalingState, 'stable');
  await set;
  assert.equal(a.signalingState, 'have-local-offer');
  assert.deepEqual(states[0], 'have-local-offer');
  await b.setRemoteDescription(a.localDescription);
});

test('exceptions of callbacks that run between listeners are uncaught exceptions, and nothing else stops', () => {
  const script = `
    import { RTCPeerConnection } from 'visavis';
    const log = [];
    process.on('uncaughtException', (error) => log.push('uncaught ' + error));
    const pc = new RTCPeerConnection();
    pc.onsignalingstatechange = () => {
      process.nextTick(() => { throw 'tick'; });
      process.nextTick(() => { throw 'another tick'; });
      queueMicrotask(() => { throw 'microtask'; });
      Promise.reject(new Error('rejection'));
      throw 'listener';
    };
    pc.addEventListener('signalingstatechange', () => log.push('second listener'));
    pc.createDataChannel('');
    await pc.setLocalDescription();
    setTimeout(() => {
      pc.close();
      console.log(JSON.stringify(log.sort()));
    });
  `;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: new URL('..', import.meta.url),
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(stdout), [
    'second listener',
    'uncaught Error: rejection',
    'uncaught another tick',
    'uncaught listener',
    'uncaught microtask',
    'uncaught tick',
  ]);
});
