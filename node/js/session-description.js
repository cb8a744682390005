'use strict';

const { create, implement } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc/#rtcsessiondescription-class */
class SessionDescription {
  constructor(object, { type, sdp }) {
    this.object = object;
    this.type = type;
    this.sdp = sdp;
  }

  /** The object for a description of the addon, `{ type, sdp }`. */
  static from(description) {
    return create('RTCSessionDescription', new SessionDescription(null, description));
  }
}

implement('RTCSessionDescription', SessionDescription);

module.exports = { SessionDescription };
