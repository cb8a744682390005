'use strict';

const { randomUUID } = require('node:crypto');
const { fireEvent } = require('../events/fire.js');
const { create, implOf, implement } = require('../webidl/registry.js');

/** https://www.w3.org/TR/mediacapture-streams/#mediastream */
class Stream {
  /** Public track objects in the order in which they were added. */
  #tracks = new Set();

  /** @param source another stream, or tracks */
  constructor(object, source = []) {
    this.object = object;
    this.id = randomUUID();
    const stream = implOf('MediaStream', source);
    for (const track of stream ? stream.#tracks : source) this.#tracks.add(track);
  }

  /** The stream object with the id that the remote peer gave it. */
  static withId(id) {
    const stream = new Stream(null);
    stream.id = id;
    create('MediaStream', stream);
    return stream;
  }

  get active() {
    return this.getTracks().some((track) => track.readyState === 'live');
  }

  getAudioTracks() {
    return this.getTracks().filter((track) => track.kind === 'audio');
  }

  getVideoTracks() {
    return this.getTracks().filter((track) => track.kind === 'video');
  }

  getTracks() {
    return [...this.#tracks];
  }

  getTrackById(id) {
    return this.getTracks().find((track) => track.id === id) ?? null;
  }

  addTrack(track) {
    this.#tracks.add(track);
  }

  removeTrack(track) {
    this.#tracks.delete(track);
  }

  clone() {
    const tracks = this.getTracks().map((track) => track.clone());
    return create('MediaStream', new Stream(null, tracks));
  }

  // What the user agent does, in a task.

  /** https://www.w3.org/TR/mediacapture-streams/#dfn-add-a-track */
  receiveTrack(track) {
    if (this.#tracks.has(track)) return;
    this.#tracks.add(track);
    fireEvent(this.object, 'MediaStreamTrackEvent', 'addtrack', { track });
  }

  loseTrack(track) {
    if (!this.#tracks.delete(track)) return;
    fireEvent(this.object, 'MediaStreamTrackEvent', 'removetrack', { track });
  }
}

implement('MediaStream', Stream);

module.exports = { Stream };
