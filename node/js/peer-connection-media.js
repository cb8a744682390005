'use strict';

const { calling } = require('./errors.js');
const { fireEvent } = require('./events/fire.js');
const { Stream } = require('./media/stream.js');
const { Transceiver } = require('./transceiver.js');
const { implOf } = require('./webidl/registry.js');

/** Told of streams that come and go, `(connection, stream)`: `visavis/legacy` fires events then. */
const hooks = { streamAdded() {}, streamRemoved() {} };

/** A connection's transceivers, and the streams that its remote peer named. */
class Media {
  #connection;
  /** number -> Transceiver. One that was removed stays: its track may still end, and the addon keeps it too. */
  #transceivers = new Map();
  /** id -> Stream */
  #remoteStreams = new Map();
  /** id -> stream object that the application named. */
  #localStreams = new Map();
  /** Remote streams whose first track came in this task. */
  #fresh = new Set();

  constructor(connection) {
    this.#connection = connection;
  }

  get #native() {
    return this.#connection.native;
  }

  /** CollectTransceivers. */
  transceivers() {
    return this.#native.transceivers().map((number) => this.transceiver(number));
  }

  /** CollectSenders. */
  senders() {
    return this.#native.senders().map((number) => this.transceiver(number).sender);
  }

  /** CollectReceivers. */
  receivers() {
    return this.#native.receivers().map((number) => this.transceiver(number).receiver);
  }

  transceiver(number) {
    let transceiver = this.#transceivers.get(number);
    if (!transceiver) {
      transceiver = Transceiver.of(this.#connection, number);
      this.#transceivers.set(number, transceiver);
    }
    return transceiver;
  }

  receiverTrack(number) {
    return implOf('MediaStreamTrack', this.transceiver(number).receiver.track);
  }

  addTrack(track, streams) {
    const number = calling(() => this.#native.addTrack(trackForNative(track), this.nameStreams(streams)));
    this.#connection.touch();
    const { sender } = this.transceiver(number);
    sender.know(track);
    return sender.object;
  }

  removeTrack(sender) {
    const { number, connection } = implOf('RTCRtpSender', sender);
    // webrtc-pc, removeTrack, step 3.
    if (this.#connection.signalingState === 'closed') {
      throw new DOMException('The connection is closed.', 'InvalidStateError');
    }
    // Step 4.
    if (connection !== this.#connection) {
      throw new DOMException('The sender belongs to another connection.', 'InvalidAccessError');
    }
    this.#connection.touch();
    calling(() => this.#native.removeTrack(number));
  }

  addTransceiver(trackOrKind, init) {
    const isKind = typeof trackOrKind === 'string';
    // webrtc-pc, addTransceiver, step 5.
    if (isKind && trackOrKind !== 'audio' && trackOrKind !== 'video') {
      throw new TypeError(`Failed to execute 'addTransceiver' on 'RTCPeerConnection': '${trackOrKind}' is no kind.`);
    }
    const nativeInit = { ...init, streams: this.nameStreams(init.streams) };
    const number = calling(() =>
      this.#native.addTransceiver(isKind ? trackOrKind : trackForNative(trackOrKind), nativeInit),
    );
    this.#connection.touch();
    const transceiver = this.transceiver(number);
    if (!isKind) transceiver.sender.know(trackOrKind);
    return transceiver.object;
  }

  /** getStats()'s selector for the addon: the sender or receiver of a track. */
  selected(track) {
    if (track === null) return undefined;
    const senders = this.transceivers().filter(({ sender }) => sender.track === track);
    const receivers = this.transceivers().filter(({ receiver }) => receiver.track === track);
    // webrtc-pc, RTCPeerConnection.getStats, step 3.
    if (senders.length + receivers.length !== 1) {
      throw new DOMException('Not exactly one sender or receiver has the track.', 'InvalidAccessError');
    }
    return senders.length === 1 ? { sender: senders[0].number } : { receiver: receivers[0].number };
  }

  // Events.

  remoteStream(id) {
    let stream = this.#remoteStreams.get(id);
    if (!stream) this.#remoteStreams.set(id, (stream = Stream.withId(id)));
    return stream;
  }

  fireTrack(number, streamIds) {
    // What legacy tests see: a stream has all its tracks when addstream fires, and track events come after it.
    for (const stream of this.#fresh) hooks.streamAdded(this.#connection.object, stream.object);
    this.#fresh.clear();

    const transceiver = this.transceiver(number);
    fireEvent(this.#connection.object, 'RTCTrackEvent', 'track', {
      receiver: transceiver.receiver.object,
      track: transceiver.receiver.track,
      streams: streamIds.map((id) => this.remoteStream(id).object),
      transceiver: transceiver.object,
    });
  }

  streamAddTrack(id, number) {
    const stream = this.remoteStream(id);
    if (stream.getTracks().length === 0) this.#fresh.add(stream);
    stream.receiveTrack(this.transceiver(number).receiver.track);
  }

  streamRemoveTrack(id, number) {
    const stream = this.remoteStream(id);
    stream.loseTrack(this.transceiver(number).receiver.track);
    if (stream.getTracks().length === 0) hooks.streamRemoved(this.#connection.object, stream.object);
  }

  toneChange(number, tone) {
    this.transceiver(number).sender.toneChange(tone);
  }

  /** The streams' ids for the addon, each once. */
  nameStreams(streams) {
    for (const stream of streams) this.#localStreams.set(stream.id, stream);
    return [...new Set(streams.map(({ id }) => id))];
  }

  /** Streams that tracks are sent in now: for `visavis/legacy`. */
  localStreams() {
    const ids = this.transceivers().flatMap(({ sender }) => (sender.track ? sender.streams : []));
    return [...new Set(ids)].map((id) => this.#localStreams.get(id));
  }

  /** Streams that remote tracks are in now: for `visavis/legacy`. */
  remoteStreams() {
    return [...this.#remoteStreams.values()].filter((stream) => stream.getTracks().length > 0);
  }
}

function trackForNative({ id, kind }) {
  return { id, kind };
}

module.exports = { Media, hooks };
