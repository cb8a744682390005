'use strict';

const { create, implement } = require('./webidl/registry.js');

const components = { 1: 'rtp', 2: 'rtcp' };
const protocols = new Set(['udp', 'tcp']);
const types = new Set(['host', 'srflx', 'prflx', 'relay']);
const tcpTypes = new Set(['active', 'passive', 'so']);

const nothing = {
  foundation: null,
  component: null,
  priority: null,
  address: null,
  protocol: null,
  port: null,
  type: null,
  tcpType: null,
  relatedAddress: null,
  relatedPort: null,
};

/** https://www.w3.org/TR/webrtc/#rtcicecandidate-interface */
class IceCandidate {
  constructor(object, init) {
    // webrtc-pc, RTCIceCandidate constructor, step 1.
    if (init.sdpMid === null && init.sdpMLineIndex === null) {
      throw new TypeError("Failed to construct 'RTCIceCandidate': sdpMid and sdpMLineIndex are both null.");
    }
    this.object = object;
    this.fill(init);
  }

  /** webrtc-pc, create an RTCIceCandidate. */
  fill({ candidate, sdpMid, sdpMLineIndex, usernameFragment, relayProtocol, url }) {
    Object.assign(this, nothing, {
      candidate,
      sdpMid: sdpMid ?? null,
      sdpMLineIndex: sdpMLineIndex ?? null,
      usernameFragment: usernameFragment ?? null,
      relayProtocol: relayProtocol ?? null,
      url: url ?? null,
    });
    // A line that cannot be parsed stays as it is, and the attributes that come of it stay null.
    if (candidate !== '') Object.assign(this, parseCandidate(candidate));
  }

  /** The object for a candidate of the addon. */
  static from(init) {
    const impl = Object.create(IceCandidate.prototype);
    impl.fill(init);
    return create('RTCIceCandidate', impl);
  }

  toJSON() {
    const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = this;
    return { candidate, sdpMid, sdpMLineIndex, usernameFragment };
  }
}

/** RFC 8839, section 5.1, candidate-attribute. Nothing if it does not match, or if a field has no value that W3C knows. */
function parseCandidate(line) {
  const match =
    /^candidate:([A-Za-z0-9+/]{1,32}) (\d{1,5}) (\S+) (\d{1,10}) (\S+) (\d{1,5}) typ (\S+)((?: \S+ \S*)*)$/.exec(line);
  if (!match) return undefined;
  const [, foundation, componentId, transport, priority, address, port, type, rest] = match;
  const component = components[componentId];
  const protocol = transport.toLowerCase();
  const extensions = parseExtensions(rest);
  const tcpType = extensions.get('tcptype') ?? null;
  const relatedPort = extensions.has('rport') ? toPort(extensions.get('rport')) : null;
  const parsed = {
    foundation,
    component,
    priority: Number(priority),
    address,
    protocol,
    port: toPort(port),
    type,
    tcpType: protocol === 'tcp' ? tcpType : null,
    relatedAddress: extensions.get('raddr') ?? null,
    relatedPort,
  };
  const isValid =
    component !== undefined &&
    parsed.priority < 2 ** 32 &&
    protocols.has(protocol) &&
    parsed.port !== undefined &&
    types.has(type) &&
    (parsed.tcpType === null || tcpTypes.has(parsed.tcpType)) &&
    relatedPort !== undefined;
  return isValid ? parsed : undefined;
}

/** Names and values in turn. */
function parseExtensions(rest) {
  const words = rest.split(' ').slice(1);
  const map = new Map();
  for (let index = 0; index + 1 < words.length; index += 2) {
    if (!map.has(words[index])) map.set(words[index], words[index + 1]);
  }
  return map;
}

function toPort(digits) {
  const port = Number(digits);
  return /^\d{1,5}$/.test(digits) && port < 65536 ? port : undefined;
}

implement('RTCIceCandidate', IceCandidate);

module.exports = { IceCandidate };
