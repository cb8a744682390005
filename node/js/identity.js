'use strict';

const { toException } = require('./errors.js');
const { interfaceOf } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc-identity/#dom-rtcpeerconnection-peeridentity */
class Identity {
  #resolve;
  #reject;

  constructor() {
    this.#renew();
  }

  #renew() {
    this.peerIdentity = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // An attribute that nobody reads is no unhandled rejection.
    this.peerIdentity.catch(() => {});
  }

  settle(error, assertion) {
    if (error === null) {
      this.#resolve(new (interfaceOf('RTCIdentityAssertion'))(assertion.idp, assertion.name));
    } else {
      this.#reject(toException(error));
      this.#renew();
    }
  }
}

module.exports = { Identity };
