'use strict';

const { fire, fireEvent } = require('./events/fire.js');
const { IceCandidate } = require('./ice-candidate.js');

/** Fires an event of the addon, or settles a promise. */
function perform(connection, [name, ...values]) {
  handlers[name](connection, ...values);
}

const stateChange = (type) => (connection) => fire(connection.object, type);

const handlers = {
  settled: (connection, operation, error, value) => connection.settle(operation, error ?? null, value),
  negotiationNeeded: stateChange('negotiationneeded'),
  signalingStateChange: stateChange('signalingstatechange'),
  iceGatheringStateChange: stateChange('icegatheringstatechange'),
  iceConnectionStateChange: stateChange('iceconnectionstatechange'),
  connectionStateChange: stateChange('connectionstatechange'),

  iceCandidate(connection, init) {
    const candidate = init && IceCandidate.from(init);
    fireEvent(connection.object, 'RTCPeerConnectionIceEvent', 'icecandidate', { candidate, url: init?.url ?? null });
  },

  iceCandidateError(connection, init) {
    fireEvent(connection.object, 'RTCPeerConnectionIceErrorEvent', 'icecandidateerror', init);
  },

  peerIdentity: (connection, error, assertion) => connection.identity.settle(error, assertion),

  dataChannel(connection, number) {
    const channel = connection.adoptChannel(number).object;
    fireEvent(connection.object, 'RTCDataChannelEvent', 'datachannel', { channel });
  },

  channel(connection, number, event, ...values) {
    const channel = connection.channels.get(number);
    if (event === 'messages') channel.receiveAll(values[0]);
    else if (event === 'error') channel.fail(values[0]);
    else {
      channel.fire(event);
      // Nothing comes after it.
      if (event === 'close') connection.channels.delete(number);
    }
  },

  sctpStateChange: (connection, ...values) => connection.transports.sctpStateChange(...values),
  dtlsError: (connection, error) => connection.transports.dtlsError(null, error),
  iceTransport: (connection, id, event) => connection.transports.iceEvent(id, event),
  dtlsTransport: (connection, id, event, error) => connection.transports.dtlsEvent(id, event, error),

  track: (connection, id, streams) => connection.media.fireTrack(id, streams),
  trackMute: (connection, id) => connection.media.receiverTrack(id).setMuted(true),
  trackUnmute: (connection, id) => connection.media.receiverTrack(id).setMuted(false),
  trackEnded: (connection, id) => connection.media.receiverTrack(id).end(),
  streamAddTrack: (connection, stream, id) => connection.media.streamAddTrack(stream, id),
  streamRemoveTrack: (connection, stream, id) => connection.media.streamRemoveTrack(stream, id),
  toneChange: (connection, ...values) => connection.media.toneChange(...values),
};

module.exports = { perform };
