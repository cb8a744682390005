'use strict';

const native = require('../native.js');
const { calling } = require('../errors.js');
const { PeerConnection } = require('../peer-connection.js');
const t = require('../webidl/types.js');
const { create, implOf } = require('../webidl/registry.js');
require('./settings.js');

const configurationType = t.dictionary('RTCConfiguration');
const settingsType = t.dictionary('ConnectionSettings');
const initType = t.dictionary('EndpointInit');

/** `new RTCPeerConnection(configuration)` with what W3C leaves to browsers. */
function createPeerConnection(configuration, settings) {
  const what = "Failed to execute 'createPeerConnection'";
  return build(
    configurationType.convert(configuration, `${what}: parameter 1`),
    settingsType.convert(settings, `${what}: parameter 2`),
  );
}

/** @param place the addon's endpoint, or settings */
function build(configuration, place) {
  return create('RTCPeerConnection', new PeerConnection(null, configuration, place));
}

/** One UDP port, and one of TCP, for many connections. */
class Endpoint {
  #native;
  /** Weak references to what it has made, as long as that is there. */
  #made = new Set();
  #collected = new FinalizationRegistry((reference) => this.#made.delete(reference));

  constructor(init) {
    const { addresses, port, settings, tcp } = initType.convert(init, "Failed to construct 'Endpoint': parameter 1");
    if (addresses && port !== undefined) {
      throw new TypeError("Failed to construct 'Endpoint': 'addresses' have their ports, so there is no 'port' beside them.");
    }
    if (settings.ports) {
      throw new TypeError("Failed to construct 'Endpoint': its connections have its port and no range of 'ports'.");
    }
    const everywhere = [`0.0.0.0:${port ?? 0}`, `[::]:${port ?? 0}`];
    this.#native = calling(() => new native.Endpoint({ addresses: addresses ?? everywhere, tcp, settings }));
  }

  /** Where it listens. */
  get localAddresses() {
    return this.#native.localAddresses();
  }

  /** How many connections there are: not closed, or closed with something left to send. */
  get connections() {
    return this.#native.connections();
  }

  createPeerConnection(configuration) {
    const what = "Failed to execute 'createPeerConnection' on 'Endpoint': parameter 1";
    const connection = build(configurationType.convert(configuration, what), this.#native);
    const reference = new WeakRef(connection);
    this.#made.add(reference);
    this.#collected.register(connection, reference);
    return connection;
  }

  /** Closes all connections; there can be no new ones. */
  close() {
    // Each as its own close() does, so that none keeps the process alive any more.
    for (const reference of this.#made) {
      const connection = reference.deref();
      if (connection) implOf('RTCPeerConnection', connection).close();
    }
    this.#made.clear();
    this.#native.close();
  }
}

module.exports = { Endpoint, createPeerConnection };
