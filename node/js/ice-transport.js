'use strict';

const { fire } = require('./events/fire.js');
const { IceCandidate } = require('./ice-candidate.js');
const { create, implement } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc/#rtcicetransport */
class IceTransport {
  #connection;
  #id;
  /** The pair's object, and what it was made of: it stays the same until another pair is selected. */
  #pair = null;
  #pairKey = null;

  static of(connection, id) {
    const transport = new IceTransport();
    transport.#connection = connection;
    transport.#id = id;
    create('RTCIceTransport', transport);
    return transport;
  }

  get #view() {
    return this.#connection.native.iceTransport(this.#id) ?? null;
  }

  get role() {
    return this.#view?.role ?? 'unknown';
  }

  get component() {
    return this.#view?.component ?? 'rtp';
  }

  get state() {
    return this.#view?.state ?? 'closed';
  }

  get gatheringState() {
    return this.#view?.gatheringState ?? 'new';
  }

  getLocalCandidates() {
    return (this.#view?.localCandidates ?? []).map((init) => IceCandidate.from(init));
  }

  getRemoteCandidates() {
    return (this.#view?.remoteCandidates ?? []).map((init) => IceCandidate.from(init));
  }

  getSelectedCandidatePair() {
    const pair = this.#view?.selectedCandidatePair ?? null;
    if (!pair) return null;
    const key = JSON.stringify(pair);
    if (key !== this.#pairKey) {
      this.#pairKey = key;
      this.#pair = IceCandidatePair.from(pair);
    }
    return this.#pair;
  }

  getLocalParameters() {
    return this.#view?.localParameters ?? null;
  }

  getRemoteParameters() {
    return this.#view?.remoteParameters ?? null;
  }

  /** @param event in the addon's camelCase: 'stateChange', 'gatheringStateChange', 'selectedCandidatePairChange' */
  fire(event) {
    fire(this.object, event.toLowerCase());
  }
}

/** https://www.w3.org/TR/webrtc/#rtcicecandidatepair */
class IceCandidatePair {
  static from({ local, remote }) {
    const pair = new IceCandidatePair();
    pair.local = IceCandidate.from(local);
    pair.remote = IceCandidate.from(remote);
    return create('RTCIceCandidatePair', pair);
  }
}

implement('RTCIceTransport', IceTransport);
implement('RTCIceCandidatePair', IceCandidatePair);

module.exports = { IceTransport };
