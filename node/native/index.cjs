'use strict';

/**
 * The addon, and what it needs of JavaScript: the objects that its keys stand for.
 *
 * Internal to the package. `PeerConnection` here is the state machine with W3C's rules; objects, events and conversions
 * are in `../js`.
 */

const { existsSync } = require('node:fs');
const path = require('node:path');
const { platform } = require('./platform.cjs');

/** A local build first, then the package that was built for this platform. */
function load() {
  const local = path.join(__dirname, 'visavis.node');
  if (existsSync(local)) return require(local);
  const name = `@visavis/${platform()}`;
  try {
    return require(name);
  } catch (cause) {
    throw new Error(`visavis: neither a local build (npm run build) nor ${name} can be loaded`, { cause });
  }
}

const addon = load();

/** The connections of this environment, by the keys that the event loop knows. */
const connections = new Map();
const collected = new FinalizationRegistry((key) => connections.delete(key));

let wakeup = () => {};
const eventLoop = new addon.EventLoop(() => wakeup());

/** Has `fn()` called when connections have tasks: once, until `takeReady()` was called. */
function setWakeup(fn) {
  wakeup = fn;
}

/**
 * The connections that have tasks. Each comes once, until its `runTask()` has answered `null` or named no next task:
 * whoever takes it sees to that. Under traffic a connection always has a task: perform a bounded number and let Node.js
 * have its turn.
 */
function takeReady() {
  const ready = [];
  for (const key of eventLoop.takeReady()) {
    const connection = connections.get(key)?.deref();
    if (connection) ready.push(connection);
  }
  return ready;
}

/** See `src/peer_connection.rs`, `src/channels.rs` and `src/events.rs` for its methods and events. */
class PeerConnection extends addon.PeerConnection {
  /**
   * @param {object} [configuration] RTCConfiguration, converted, without its certificates
   * @param {Certificate[]} [certificates]
   * @param {Endpoint | object} [place] the endpoint whose sockets it has, or settings for sockets of its own
   */
  constructor(configuration = {}, certificates = [], place = undefined) {
    super(eventLoop, configuration, certificates, place);
    const key = this.key();
    connections.set(key, new WeakRef(this));
    collected.register(this, key);
  }
}

module.exports = {
  PeerConnection,
  Certificate: addon.Certificate,
  Endpoint: addon.Endpoint,
  generateCertificate: addon.generateCertificate,
  generateCertificateAside: addon.generateCertificateAside,
  isSlowToGenerate: addon.isSlowToGenerate,
  capabilities: addon.capabilities,
  setWakeup,
  takeReady,
};
