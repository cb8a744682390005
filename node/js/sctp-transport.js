'use strict';

const { fire } = require('./events/fire.js');
const { create, implement } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc/#rtcsctptransport-interface */
class SctpTransport {
  #connection;
  /** What it was last, for an object that the connection has let go. */
  #last;

  static of(connection) {
    const transport = new SctpTransport();
    transport.#connection = connection;
    transport.#last = connection.native.sctp();
    create('RTCSctpTransport', transport);
    return transport;
  }

  get #view() {
    const view = this.#connection.native.sctp();
    if (view) this.#last = view;
    return view ?? { ...this.#last, state: 'closed' };
  }

  get transport() {
    return this.#connection.transports.dtls(this.#view.transport);
  }

  get state() {
    return this.#view.state;
  }

  get maxMessageSize() {
    return this.#view.maxMessageSize ?? null;
  }

  get maxChannels() {
    return this.#view.maxChannels ?? null;
  }

  stateChange() {
    fire(this.object, 'statechange');
  }
}

implement('RTCSctpTransport', SctpTransport);

module.exports = { SctpTransport };
