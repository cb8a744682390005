'use strict';

const native = require('./native.js');
const { Certificate, generateCertificate } = require('./certificate.js');
const { DataChannel } = require('./data-channel.js');
const { calling, toException } = require('./errors.js');
const { active, enter } = require('./event-loop.js');
const { perform } = require('./peer-connection-events.js');
const { Identity } = require('./identity.js');
const { Media } = require('./peer-connection-media.js');
const { SessionDescription } = require('./session-description.js');
const { StatsReport } = require('./stats-report.js');
const { Transports } = require('./transports.js');
const { implement } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc/#rtcpeerconnection-interface */
class PeerConnection {
  /** Promises of operations: number -> { resolve, reject, settle }. */
  #operations = new Map();
  /** What getConfiguration() gives back as it was given. */
  #given;
  #descriptions = { local: [], remote: [] };

  /** @param [place] settings that W3C leaves to browsers, or the addon's endpoint; see `server/endpoint.js` */
  constructor(object, configuration, place) {
    this.object = object;
    // It was a policy once; then this was the constructor's step 3.
    if (configuration.rtcpMuxPolicy === 'negotiate') {
      throw new DOMException('RTP and RTCP always share a transport.', 'NotSupportedError');
    }
    this.native = calling(
      () => new native.PeerConnection(forNative(configuration), nativeCertificates(configuration), place),
    );
    this.#given = configuration;
    this.channels = new Map();
    /** How often it or one of its channels was told to close. */
    this.closeCalls = 0;
    this.transports = new Transports(this);
    this.media = new Media(this);
    this.identity = new Identity();
    enter(this.native, this);
  }

  // The event loop's side.

  perform(event) {
    perform(this, event);
  }

  /** Called with each operation that leads to a task: nobody may hold the connection but the task. */
  touch() {
    active.add(this);
  }

  /**
   * W3C: a connection must not be collected while events may fire. Nothing happens by itself any more when it is
   * closed, and before both descriptions are there once gathering is over.
   */
  becameIdle() {
    if (this.#operations.size === 0 && !this.native.isUnderWay()) active.delete(this);
  }

  /**
   * The promise of an operation: `start` gives its number.
   *
   * @param convert makes of the addon's value what the promise is fulfilled with
   */
  operation(start, convert = () => undefined) {
    const number = calling(start);
    this.touch();
    // What fails at once is rejected before the next task.
    queueMicrotask(() => this.#runMicrotasks());
    return new Promise((resolve, reject) => this.#operations.set(number, { resolve, reject, convert }));
  }

  #runMicrotasks() {
    for (let events; (events = this.native.runMicrotask()) !== null;) {
      for (const event of events) this.perform(event);
    }
  }

  settle(number, error, value) {
    const operation = this.#operations.get(number);
    this.#operations.delete(number);
    if (error === null) operation.resolve(operation.convert(value));
    else operation.reject(toException(error));
  }

  // Offers, answers and candidates.

  createOffer(options) {
    return this.operation(() => this.native.createOffer(options), description);
  }

  createAnswer() {
    return this.operation(() => this.native.createAnswer(), description);
  }

  setLocalDescription(init) {
    return this.operation(() => this.native.setLocalDescription(init));
  }

  setRemoteDescription(init) {
    return this.operation(() => this.native.setRemoteDescription(init));
  }

  addIceCandidate(init) {
    return this.operation(() => this.native.addIceCandidate(withoutNull(init)));
  }

  createOfferWithCallbacks(success, failure, options) {
    return withCallbacks(this.createOffer(options), success, failure);
  }

  createAnswerWithCallbacks(success, failure) {
    return withCallbacks(this.createAnswer(), success, failure);
  }

  setLocalDescriptionWithCallbacks(init, success, failure) {
    return withCallbacks(this.setLocalDescription(init), success, failure);
  }

  setRemoteDescriptionWithCallbacks(init, success, failure) {
    return withCallbacks(this.setRemoteDescription(init), success, failure);
  }

  addIceCandidateWithCallbacks(init, success, failure) {
    return withCallbacks(this.addIceCandidate(init), success, failure);
  }

  get localDescription() {
    return this.#description('local', this.native.localDescription());
  }

  get currentLocalDescription() {
    return this.#description('local', this.native.currentLocalDescription());
  }

  get pendingLocalDescription() {
    return this.#description('local', this.native.pendingLocalDescription());
  }

  get remoteDescription() {
    return this.#description('remote', this.native.remoteDescription());
  }

  get currentRemoteDescription() {
    return this.#description('remote', this.native.currentRemoteDescription());
  }

  get pendingRemoteDescription() {
    return this.#description('remote', this.native.pendingRemoteDescription());
  }

  /** The same object as long as it is the same description. */
  #description(side, current) {
    if (!current) return null;
    const known = this.#descriptions[side].find(({ type, sdp }) => type === current.type && sdp === current.sdp);
    if (known) return known;
    const fresh = SessionDescription.from(current);
    // Two stand at a time: the current and the pending one.
    this.#descriptions[side] = [fresh, ...this.#descriptions[side]].slice(0, 2);
    return fresh;
  }

  // State.

  get signalingState() {
    return this.native.signalingState();
  }

  get iceGatheringState() {
    return this.native.iceGatheringState();
  }

  get iceConnectionState() {
    return this.native.iceConnectionState();
  }

  get connectionState() {
    return this.native.connectionState();
  }

  get canTrickleIceCandidates() {
    return this.native.canTrickleIceCandidates();
  }

  restartIce() {
    this.touch();
    calling(() => this.native.restartIce());
  }

  getConfiguration() {
    const { iceTransportPolicy, bundlePolicy, rtcpMuxPolicy, iceCandidatePoolSize } = this.native.configuration();
    const { peerIdentity } = this.#given;
    const iceServers = this.#given.iceServers.map((server) => ({
      ...server,
      urls: Array.isArray(server.urls) ? [...server.urls] : server.urls,
    }));
    const certificates = [...this.#given.certificates];
    const further = {
      ...(this.#given.alwaysNegotiateDataChannels && { alwaysNegotiateDataChannels: true }),
      ...(this.#given.includeLoopback && { includeLoopback: true }),
      ...(peerIdentity !== undefined && { peerIdentity }),
    };
    return {
      bundlePolicy,
      certificates,
      iceCandidatePoolSize,
      iceServers,
      iceTransportPolicy,
      rtcpMuxPolicy,
      ...further,
    };
  }

  setConfiguration(configuration) {
    if (configuration.rtcpMuxPolicy === 'negotiate') {
      throw new DOMException('rtcpMuxPolicy cannot be changed.', 'InvalidModificationError');
    }
    const certificates = this.#changedCertificates(configuration);
    calling(() => this.native.setConfiguration(forNative(configuration), certificates));
    this.#given = { ...configuration, certificates: this.#given.certificates };
  }

  /** `null` where they are those that are in use, which is no change. */
  #changedCertificates({ certificates }) {
    const current = this.#given.certificates;
    const isSame =
      certificates.length === 0 ||
      (certificates.length === current.length &&
        certificates.every((certificate, index) => certificate === current[index]));
    return isSame ? null : nativeCertificates({ certificates });
  }

  close() {
    this.closeCalls += 1;
    this.native.close();
    // Tasks that stand in the queue are still performed.
    setImmediate(() => active.delete(this));
  }

  // Data channels.

  get sctp() {
    return this.transports.sctp;
  }

  createDataChannel(label, init) {
    const number = calling(() => this.native.createDataChannel(label, init));
    this.touch();
    return this.adoptChannel(number).object;
  }

  /** The implementation of a channel that the addon made. */
  adoptChannel(number) {
    const channel = DataChannel.of(this, number);
    this.channels.set(number, channel);
    return channel;
  }

  // Media.

  getSenders() {
    return this.media.senders().map(({ object }) => object);
  }

  getReceivers() {
    return this.media.receivers().map(({ object }) => object);
  }

  getTransceivers() {
    return this.media.transceivers().map(({ object }) => object);
  }

  addTrack(track, ...streams) {
    return this.media.addTrack(track, streams);
  }

  removeTrack(sender) {
    this.media.removeTrack(sender);
  }

  addTransceiver(trackOrKind, init) {
    return this.media.addTransceiver(trackOrKind, init);
  }

  // The rest.

  getStats(selector) {
    const selected = this.media.selected(selector);
    return StatsReport.gather(() => this.native.stats(selected));
  }

  static generateCertificate(algorithm) {
    return generateCertificate(algorithm);
  }

  get peerIdentity() {
    return this.identity.peerIdentity;
  }

  get idpLoginUrl() {
    return null;
  }

  get idpErrorInfo() {
    return null;
  }

  setIdentityProvider(provider, options) {
    calling(() => this.native.setIdentityProvider(provider, options));
  }

  getIdentityAssertion() {
    return this.operation(() => this.native.getIdentityAssertion());
  }
}

function description({ type, sdp }) {
  return { type, sdp };
}

/** webrtc-pc, legacy interface extensions: the promise is always fulfilled with undefined. */
function withCallbacks(promise, success, failure) {
  return promise.then(
    (value) => {
      Reflect.apply(success, undefined, value === undefined ? [] : [value]);
    },
    (error) => {
      Reflect.apply(failure, undefined, [error]);
    },
  );
}

function forNative({ certificates, iceServers, ...rest }) {
  return { ...rest, iceServers: iceServers.map((server) => ({ ...server, urls: [server.urls].flat() })) };
}

function nativeCertificates({ certificates }) {
  return certificates.map((certificate) => Certificate.nativeOf(certificate));
}

/** The addon knows members that are missing, not null. */
function withoutNull(init) {
  return Object.fromEntries(Object.entries(init).filter(([, value]) => value !== null));
}

implement('RTCPeerConnection', PeerConnection);

module.exports = { PeerConnection };
