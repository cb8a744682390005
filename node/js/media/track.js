'use strict';

const { randomUUID } = require('node:crypto');
const { fire } = require('../events/fire.js');
const { create, implement } = require('../webidl/registry.js');

const contentHints = {
  audio: new Set(['', 'speech', 'speech-recognition', 'music']),
  video: new Set(['', 'motion', 'detail', 'text']),
};

/** https://www.w3.org/TR/mediacapture-streams/#mediastreamtrack */
class Track {
  #enabled = true;
  #contentHint = '';
  #constraints = {};

  /**
   * @param source  `{ kind, label, isMuted, device }`; `device` is what it captures, `null` for a remote track
   * @param options `{ id, constraints, settings }`
   */
  static of(source, { id = randomUUID(), constraints = {}, settings = {} } = {}) {
    const track = new Track();
    track.source = source;
    track.kind = source.kind;
    track.label = source.label;
    track.id = id;
    track.muted = source.isMuted;
    track.readyState = 'live';
    track.settings = settings;
    track.#constraints = constraints;
    create('MediaStreamTrack', track);
    return track;
  }

  get enabled() {
    return this.#enabled;
  }

  set enabled(value) {
    this.#enabled = value;
  }

  /** webrtc-identity: only tracks for a peerIdentity are, and getUserMedia() takes none. */
  get isolated() {
    return false;
  }

  get contentHint() {
    return this.#contentHint;
  }

  /** https://www.w3.org/TR/mst-content-hint/: a hint that the kind does not know is ignored. */
  set contentHint(value) {
    if (contentHints[this.kind].has(value)) this.#contentHint = value;
  }

  clone() {
    const clone = Track.of(this.source, { constraints: this.#constraints, settings: { ...this.settings } });
    clone.muted = this.muted;
    clone.readyState = this.readyState;
    clone.#enabled = this.#enabled;
    clone.#contentHint = this.#contentHint;
    return clone.object;
  }

  /** Ends it without an event. */
  stop() {
    this.readyState = 'ended';
  }

  getCapabilities() {
    return this.source.device?.capabilities() ?? {};
  }

  getConstraints() {
    return structuredClone(this.#constraints);
  }

  getSettings() {
    return { ...this.settings };
  }

  async applyConstraints(constraints) {
    // https://www.w3.org/TR/mediacapture-streams/#dom-mediastreamtrack-applyconstraints: an ended track stays as it is.
    if (this.readyState === 'ended') return;
    if (this.source.device) this.settings = this.source.device.settingsFor(constraints, this.settings);
    this.#constraints = constraints;
  }

  // What its source does, in a task.

  /** Its source sends nothing any more, or sends again. */
  setMuted(isMuted) {
    if (this.muted === isMuted) return;
    this.muted = isMuted;
    fire(this.object, isMuted ? 'mute' : 'unmute');
  }

  /** Ended by its source. */
  end() {
    if (this.readyState === 'ended') return;
    this.readyState = 'ended';
    fire(this.object, 'ended');
  }
}

implement('MediaStreamTrack', Track);

module.exports = { Track };
