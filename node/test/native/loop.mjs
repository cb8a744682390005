// The addon without the classes around it: an event loop, and two connections that signal to each other.
import { createRequire } from 'node:module';

export const native = createRequire(import.meta.url)('../../native/index.cjs');

/** What a connection's events go to: `handler(name, ...values)`. */
const handlers = new WeakMap();

/** Connections that have tasks, or had the last time. */
const ready = [];

/** Performs one task of each, and again after Node.js had its turn: there may always be others. */
function turn() {
  for (const connection of ready.splice(0)) {
    const task = connection.runTask();
    if (task === null) continue;
    const [next, ...events] = task;
    if (next !== null) ready.push(connection);
    for (const [name, ...values] of events) handlers.get(connection)?.(name, ...values);
  }
  if (ready.length > 0) setImmediate(turn);
}

native.setWakeup(() => {
  const isIdle = ready.length === 0;
  ready.push(...native.takeReady());
  if (isIdle) turn();
});

/** A connection whose promises settle, and whose other events go to the functions of `on`. */
export function peer(configuration = { includeLoopback: true }) {
  const connection = new native.PeerConnection(configuration);
  const pending = new Map();
  const on = {};
  handlers.set(connection, (name, ...values) => {
    if (name !== 'settled') return on[name]?.(...values);
    const [operation, error, value] = values;
    const { resolve, reject } = pending.get(operation);
    pending.delete(operation);
    if (error) reject(error);
    else resolve(value);
  });
  const promise = (operation) => new Promise((resolve, reject) => pending.set(operation, { resolve, reject }));
  return { connection, promise, on };
}

/** Two connections with an open channel; messages go to `onmessage(...)` as the addon gives them. */
export async function connected() {
  const ends = [peer(), peer()];
  const [a, b] = ends;
  // Candidates come after the description that they belong to.
  for (const [from, to] of [[a, b], [b, a]]) {
    to.isDescribed = new Promise((resolve) => (to.described = resolve));
    from.on.iceCandidate = async (candidate) => {
      await to.isDescribed;
      if (to.connection.signalingState() === 'closed') return;
      await to.promise(to.connection.addIceCandidate(candidate));
    };
  }
  const opened = ends.map((end) => new Promise((resolve) => {
    end.on.channel = (id, what, ...rest) => {
      if (what === 'open') resolve(id);
      else end.onchannel?.(what, ...rest);
    };
  }));
  a.connection.createDataChannel('chat', {});
  await a.promise(a.connection.setLocalDescription());
  await b.promise(b.connection.setRemoteDescription(a.connection.localDescription()));
  b.described();
  await b.promise(b.connection.setLocalDescription());
  await a.promise(a.connection.setRemoteDescription(b.connection.localDescription()));
  a.described();
  [a.channel, b.channel] = await Promise.all(opened);
  return ends;
}

