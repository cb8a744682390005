'use strict';

/**
 * visavis: WebRTC for Node.js, as browsers have it.
 *
 * Exports every interface of https://www.w3.org/TR/webrtc/ and of Media Capture and Streams, and `mediaDevices`, which
 * browsers have as `navigator.mediaDevices`. For libraries that expect them as globals there is `visavis/global`.
 */

const interfaces = require('./generated/index.js');
require('./ice-candidate.js');
require('./identity-assertion.js');
require('./peer-connection.js');
require('./session-description.js');
const { MediaDevices } = require('./media/devices.js');
const { create } = require('./webidl/registry.js');

module.exports = { ...interfaces, mediaDevices: create('MediaDevices', new MediaDevices()) };
