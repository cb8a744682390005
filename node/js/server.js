'use strict';

/**
 * What programs need and browsers keep to themselves: which sockets, addresses and ports connections have. The connections
 * are those of `visavis`.
 */

require('./index.js');
const { Endpoint, createPeerConnection } = require('./server/endpoint.js');

module.exports = { Endpoint, createPeerConnection };
