'use strict';

const { toException } = require('./errors.js');
const { fire, fireEvent } = require('./events/fire.js');
const { create, implement } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc/#rtcdtlstransport-interface */
class DtlsTransport {
  #connection;
  #id;

  static of(connection, id) {
    const transport = new DtlsTransport();
    transport.#connection = connection;
    transport.#id = id;
    create('RTCDtlsTransport', transport);
    return transport;
  }

  get #view() {
    return this.#connection.native.dtlsTransport(this.#id);
  }

  get iceTransport() {
    return this.#connection.transports.ice(this.#id);
  }

  get state() {
    return this.#view?.state ?? 'closed';
  }

  getRemoteCertificates() {
    // Buffers of the addon have their ArrayBuffer for themselves, or share it: either way the application gets its own.
    return (this.#view?.remoteCertificates ?? []).map((der) =>
      der.buffer.slice(der.byteOffset, der.byteOffset + der.byteLength),
    );
  }

  stateChange() {
    fire(this.object, 'statechange');
  }

  fail(error) {
    fireEvent(this.object, 'RTCErrorEvent', 'error', { error: toException(error) });
  }
}

implement('RTCDtlsTransport', DtlsTransport);

module.exports = { DtlsTransport };
