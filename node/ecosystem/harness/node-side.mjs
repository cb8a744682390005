// The process behind `inNode`: visavis and what else a browser has, then a bundle as a classic script.
import { createRequire } from 'node:module';
import vm from 'node:vm';
import WebSocket from 'ws';

// As a program says `import 'visavis/global'`: through the exports of the package that we stand in.
createRequire(new URL('../../package.json', import.meta.url))('visavis/global');

/** What these libraries use of a browser beside WebRTC, and Node.js 20 does not have. */
function browserGlobals(navigatorProperties) {
  const listeners = new EventTarget();
  const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  define('window', globalThis);
  define('self', globalThis);
  define('location', new URL('http://localhost/'));
  if (!('WebSocket' in globalThis)) define('WebSocket', WebSocket);
  if (!('navigator' in globalThis)) define('navigator', {});
  for (const [name, value] of Object.entries(navigatorProperties)) {
    Object.defineProperty(globalThis.navigator, name, { value, configurable: true });
  }
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent']) {
    define(name, listeners[name].bind(listeners));
  }
}

/** A test that has ended listens no more. */
const send = (message) => process.connected && process.send(message, undefined, undefined, () => {});

globalThis.emit = (event) => send({ event });

process.on('message', async ({ id, operation, argument, code, program, navigator }) => {
  if (code) {
    browserGlobals(navigator);
    vm.runInThisContext(code, { filename: `${program}.js` });
    globalThis.emit({ type: 'ready' });
    return;
  }
  try {
    send({ answer: id, ok: await globalThis.program[operation](argument) });
  } catch (error) {
    send({ answer: id, error: error?.stack ?? String(error) });
  }
});

// The libraries leave timers and sockets behind, as pages do.
process.on('disconnect', () => process.exit(0));
