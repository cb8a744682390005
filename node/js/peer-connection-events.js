'use strict';

const { runTask } = require('./events/checkpoint.js');
const { fire, fireEvent } = require('./events/fire.js');
const { IceCandidate } = require('./ice-candidate.js');

/** Fires the events of one task of the addon, and settles its promises, in their order. */
function perform(connection, events) {
  for (const [name, ...values] of events) handlers[name](connection, ...values);
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
    if (event === 'message') channel.receive(values[0]);
    else if (event === 'messages') receiveAll(channel, ...values);
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

/** Several messages in one Buffer; each is a task of its own. `kinds[i]` is 1 for text; message i ends at `ends[i]`. */
function receiveAll(channel, kinds, buffer, ends) {
  let start = 0;
  for (let index = 0; index < ends.length; index += 1) {
    const end = ends[index];
    const data = kinds[index] === 1 ? buffer.utf8Slice(start, end) : buffer.subarray(start, end);
    const message = () => channel.receive(data);
    // The last one's task ends with the addon's.
    if (index + 1 < ends.length) runTask(message);
    else message();
    start = end;
  }
}

module.exports = { perform };
