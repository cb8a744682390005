'use strict';

/**
 * webrtc-identity without identity providers: none can be reached, so what asks for an assertion fails as the
 * specification says it does where a provider cannot be loaded.
 *
 * https://www.w3.org/TR/webrtc-identity/#sec.identity-proxy-assertion-request
 */
class Identity {
  #connection;
  #provider = null;

  constructor(connection) {
    this.#connection = connection;
    /** No assertion ever comes: it stays pending. */
    this.peerIdentity = new Promise(() => {});
  }

  setProvider(provider) {
    if (this.#connection.signalingState === 'closed') {
      throw new DOMException('The connection is closed.', 'InvalidStateError');
    }
    this.#provider = provider;
  }

  async getAssertion() {
    if (this.#connection.signalingState === 'closed') {
      throw new DOMException('The connection is closed.', 'InvalidStateError');
    }
    throw this.#failure();
  }

  /** An offer or answer of a connection that has a provider needs an assertion of it. */
  guard(create) {
    return this.#provider === null ? create() : Promise.reject(this.#failure());
  }

  #failure() {
    return this.#provider === null
      ? new DOMException('No identity provider is set.', 'InvalidStateError')
      : new DOMException(`The identity provider '${this.#provider}' cannot be loaded.`, 'NotReadableError');
  }
}

module.exports = { Identity };
