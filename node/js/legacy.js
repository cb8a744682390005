'use strict';

/**
 * What browsers had before tracks and transceivers, for libraries that still call it: streams on RTCPeerConnection.
 *
 * Nothing of it is there until this module is loaded; then every RTCPeerConnection of this package has it.
 */

const { RTCPeerConnection } = require('./index.js');
const { getEventHandler, setEventHandler } = require('./events/event-handlers.js');
const { trusted } = require('./events/trusted.js');
const { hooks } = require('./peer-connection-media.js');
const { implOf } = require('./webidl/registry.js');

class MediaStreamEvent extends Event {
  #stream;

  constructor(type, init) {
    super(type, init);
    this.#stream = init.stream;
  }

  get stream() {
    return this.#stream;
  }
}

const mediaOf = (connection) => implOf('RTCPeerConnection', connection).media;

const methods = {
  addStream(stream) {
    const sent = new Set(this.getSenders().map(({ track }) => track));
    for (const track of stream.getTracks()) if (!sent.has(track)) this.addTrack(track, stream);
  },

  removeStream(stream) {
    const tracks = new Set(stream.getTracks());
    for (const sender of this.getSenders()) if (tracks.has(sender.track)) this.removeTrack(sender);
  },

  getLocalStreams() {
    return mediaOf(this).localStreams();
  },

  getRemoteStreams() {
    return mediaOf(this)
      .remoteStreams()
      .map(({ object }) => object);
  },

  createDTMFSender(track) {
    const sender = this.getSenders().find((candidate) => candidate.track === track);
    if (!sender?.dtmf) throw new DOMException('No sender of audio has this track.', 'InvalidAccessError');
    return sender.dtmf;
  },
};

for (const [name, value] of Object.entries(methods)) {
  Object.defineProperty(RTCPeerConnection.prototype, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: true,
  });
}

for (const type of ['addstream', 'removestream']) {
  Object.defineProperty(RTCPeerConnection.prototype, `on${type}`, {
    get() {
      return getEventHandler(this, type);
    },
    set(value) {
      setEventHandler(this, type, value);
    },
    configurable: true,
    enumerable: true,
  });
}

const fireStreamEvent = (type) => (connection, stream) =>
  connection.dispatchEvent(new MediaStreamEvent(type, { ...trusted, stream }));

hooks.streamAdded = fireStreamEvent('addstream');
hooks.streamRemoved = fireStreamEvent('removestream');
