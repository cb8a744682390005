'use strict';

const { calling } = require('./errors.js');
const { fireEvent } = require('./events/fire.js');
const { create, implement } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc/#rtcdtmfsender */
class DtmfSender {
  #connection;
  #number;

  static of(connection, number) {
    const sender = new DtmfSender();
    sender.#connection = connection;
    sender.#number = number;
    create('RTCDTMFSender', sender);
    return sender;
  }

  get #view() {
    return this.#connection.native.transceiver(this.#number).sender.dtmf;
  }

  insertDTMF(tones, duration, interToneGap) {
    this.#connection.touch();
    calling(() => this.#connection.native.insertDtmf(this.#number, tones, duration, interToneGap));
  }

  get canInsertDTMF() {
    return this.#view?.canInsertDtmf ?? false;
  }

  get toneBuffer() {
    return this.#view?.toneBuffer ?? '';
  }

  toneChange(tone) {
    fireEvent(this.object, 'RTCDTMFToneChangeEvent', 'tonechange', { tone });
  }
}

implement('RTCDTMFSender', DtmfSender);

module.exports = { DtmfSender };
