'use strict';

const { DtlsTransport } = require('./dtls-transport.js');
const { IceTransport } = require('./ice-transport.js');
const { SctpTransport } = require('./sctp-transport.js');

/** The transport objects of a connection: one for each transport of the addon, as long as it is the same. */
class Transports {
  #connection;
  #dtls = new Map();
  #ice = new Map();
  #sctp = null;

  constructor(connection) {
    this.#connection = connection;
  }

  get sctp() {
    const view = this.#connection.native.sctp();
    if (!view) this.#sctp = null;
    else this.#sctp ??= SctpTransport.of(this.#connection);
    return this.#sctp?.object ?? null;
  }

  /** The RTCDtlsTransport with that number; `null` if there is none. */
  dtls(id) {
    return this.#find(this.#dtls, id, DtlsTransport)?.object ?? null;
  }

  /** The RTCIceTransport below it. */
  ice(id) {
    return this.#find(this.#ice, id, IceTransport)?.object ?? null;
  }

  #find(map, id, Transport) {
    if (id === null || id === undefined) return null;
    let transport = map.get(id);
    if (!transport) map.set(id, (transport = Transport.of(this.#connection, id)));
    return transport;
  }

  sctpStateChange() {
    // Nobody listens to an object that was never asked for.
    this.#sctp?.stateChange();
  }

  iceEvent(id, event) {
    this.#ice.get(id)?.fire(event);
  }

  dtlsEvent(id, event, error) {
    if (event === 'error') this.#dtls.get(id)?.fail(error);
    else this.#dtls.get(id)?.stateChange();
  }

  dtlsError(id, error) {
    this.#dtls.get(id)?.fail(error);
  }
}

module.exports = { Transports };
