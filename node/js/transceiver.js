'use strict';

const { calling } = require('./errors.js');
const { Receiver } = require('./receiver.js');
const { Sender } = require('./sender.js');
const { create, implement } = require('./webidl/registry.js');

/** What stands behind a transceiver: its sender and receiver as implementations. */
class Transceiver {
  static of(connection, number) {
    const transceiver = new Transceiver();
    transceiver.connection = connection;
    transceiver.number = number;
    const view = connection.native.transceiver(number);
    transceiver.sender = Sender.of(connection, number, view.kind);
    transceiver.receiver = Receiver.of(connection, number, view);
    transceiver.object = create('RTCRtpTransceiver', new RtpTransceiver(transceiver));
    return transceiver;
  }

  get direction() {
    return this.connection.native.transceiver(this.number).direction;
  }

  set direction(direction) {
    this.connection.touch();
    calling(() => this.connection.native.setDirection(this.number, direction));
  }
}

/** https://www.w3.org/TR/webrtc/#rtcrtptransceiver-interface */
class RtpTransceiver {
  #transceiver;
  #native;
  #number;

  constructor(transceiver) {
    this.#transceiver = transceiver;
    this.#native = transceiver.connection.native;
    this.#number = transceiver.number;
  }

  get mid() {
    return this.#native.transceiver(this.#number).mid ?? null;
  }

  get sender() {
    return this.#transceiver.sender.object;
  }

  get receiver() {
    return this.#transceiver.receiver.object;
  }

  get direction() {
    return this.#transceiver.direction;
  }

  set direction(direction) {
    this.#transceiver.direction = direction;
  }

  get currentDirection() {
    return this.#native.transceiver(this.#number).currentDirection ?? null;
  }

  /** [[Stopped]], in words of today. */
  get stopped() {
    return this.currentDirection === 'stopped';
  }

  stop() {
    this.#transceiver.connection.touch();
    calling(() => this.#native.stopTransceiver(this.#number));
  }

  setCodecPreferences(codecs) {
    calling(() => this.#native.setCodecPreferences(this.#number, codecs));
  }

  getHeaderExtensionsToNegotiate() {
    return calling(() => this.#native.headerExtensionsToNegotiate(this.#number));
  }

  setHeaderExtensionsToNegotiate(extensions) {
    calling(() => this.#native.setHeaderExtensionsToNegotiate(this.#number, extensions));
  }

  getNegotiatedHeaderExtensions() {
    return calling(() => this.#native.negotiatedHeaderExtensions(this.#number));
  }
}

implement('RTCRtpTransceiver', RtpTransceiver);

module.exports = { Transceiver };
