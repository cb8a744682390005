'use strict';

const { implement } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc-identity/#rtcidentityassertion */
class IdentityAssertion {
  constructor(object, idp, name) {
    this.object = object;
    this.idp = idp;
    this.name = name;
  }
}

implement('RTCIdentityAssertion', IdentityAssertion);
