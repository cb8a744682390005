'use strict';

const native = require('./native.js');
const { DtmfSender } = require('./dtmf-sender.js');
const { calling } = require('./errors.js');
const { StatsReport } = require('./stats-report.js');
const { create, implement } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc/#rtcrtpsender-interface */
class Sender {
  /** id -> track: the one that is sent, and those that operations under way may put in its place. */
  #tracks = new Map();
  #dtmf = null;

  static of(connection, number, kind) {
    const sender = new Sender();
    sender.connection = connection;
    sender.number = number;
    if (kind === 'audio') sender.#dtmf = DtmfSender.of(connection, number);
    create('RTCRtpSender', sender);
    return sender;
  }

  get #view() {
    return this.connection.native.transceiver(this.number).sender;
  }

  /** The addon may name this track from now on. */
  know(track) {
    this.#tracks.set(track.id, track);
  }

  get track() {
    const id = this.#view.track?.id;
    return id === undefined ? null : (this.#tracks.get(id) ?? null);
  }

  /** Ids. */
  get streams() {
    return this.#view.streams;
  }

  get transport() {
    return this.connection.transports.dtls(this.#view.transport);
  }

  get dtmf() {
    return this.#dtmf?.object ?? null;
  }

  static getCapabilities(kind) {
    return capabilities(kind, true);
  }

  getParameters() {
    return calling(() => this.connection.native.senderParameters(this.number));
  }

  setParameters(parameters, options) {
    return this.connection.operation(() => this.connection.native.setParameters(this.number, parameters, options));
  }

  replaceTrack(track) {
    const named = track && { id: track.id, kind: track.kind };
    const promise = this.connection.operation(
      () => this.connection.native.replaceTrack(this.number, named ?? undefined),
      () => this.#forget(),
    );
    if (track) this.know(track);
    return promise;
  }

  /** Lets go of the tracks that are not sent any more. */
  #forget() {
    const { track } = this;
    this.#tracks.clear();
    if (track) this.know(track);
  }

  setStreams(...streams) {
    this.connection.touch();
    const ids = this.connection.media.nameStreams(streams);
    calling(() => this.connection.native.setStreams(this.number, ids));
  }

  getStats() {
    return StatsReport.gather(() => this.connection.native.stats({ sender: this.number }));
  }

  toneChange(tone) {
    this.#dtmf?.toneChange(tone);
  }
}

function capabilities(kind, isSender) {
  if (kind !== 'audio' && kind !== 'video') return null;
  return native.capabilities(kind, isSender);
}

implement('RTCRtpSender', Sender);

module.exports = { Sender, capabilities };
