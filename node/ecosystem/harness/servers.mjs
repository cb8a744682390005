// The libraries' own signalling servers, on loopback, each in a process of its own: they have timers that nothing stops.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { within } from './deadline.mjs';

/** Starts a PeerServer, and answers its port. */
export async function peerServer(t) {
  const server = fork(new URL('./peer-server.mjs', import.meta.url));
  t.after(() => server.kill());
  const [{ port }] = await within(once(server, 'message'), () => 'the PeerServer does not listen');
  return port;
}

/** Starts y-webrtc's signalling server, and answers its address. */
export async function yjsSignalling(t) {
  const port = await freePort();
  const main = pathToFileURL(createRequire(import.meta.url).resolve('y-webrtc'));
  const server = fork(new URL('../bin/server.js', main), [], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  t.after(() => server.kill());
  // It says that before it listens, but a client that comes too early comes again.
  await within(once(server.stdout, 'data'), () => 'the signalling server says nothing');
  return `ws://127.0.0.1:${port}`;
}

/** The server does not tell where it listens: we choose. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
