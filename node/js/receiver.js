'use strict';

const { calling } = require('./errors.js');
const { Track } = require('./media/track.js');
const { capabilities } = require('./sender.js');
const { StatsReport } = require('./stats-report.js');
const { create, implement } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc/#rtcrtpreceiver-interface */
class Receiver {
  #connection;
  #number;
  #track;

  static of(connection, number, { kind, receiver: { track, muted } }) {
    const receiver = new Receiver();
    receiver.#connection = connection;
    receiver.#number = number;
    const source = { kind, label: `remote ${kind}`, isMuted: muted, device: null };
    receiver.#track = Track.of(source, { id: track.id });
    create('RTCRtpReceiver', receiver);
    return receiver;
  }

  get track() {
    return this.#track.object;
  }

  get transport() {
    const { transport } = this.#connection.native.transceiver(this.#number).receiver;
    return this.#connection.transports.dtls(transport);
  }

  static getCapabilities(kind) {
    return capabilities(kind, false);
  }

  getParameters() {
    return calling(() => this.#connection.native.receiverParameters(this.#number));
  }

  /** No media is received yet, so no source has contributed to any. */
  getContributingSources() {
    return [];
  }

  getSynchronizationSources() {
    return [];
  }

  getStats() {
    return StatsReport.gather(() => this.#connection.native.stats({ receiver: this.#number }));
  }

  get jitterBufferTarget() {
    return this.#connection.native.transceiver(this.#number).receiver.jitterBufferTarget ?? null;
  }

  set jitterBufferTarget(target) {
    calling(() => this.#connection.native.setJitterBufferTarget(this.#number, target ?? undefined));
  }
}

implement('RTCRtpReceiver', Receiver);

module.exports = { Receiver };
