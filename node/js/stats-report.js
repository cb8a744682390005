'use strict';

const { create, implement } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc/#rtcstatsreport-object */
class StatsReport {
  constructor(map) {
    this.map = map;
  }

  /** The object for the addon's entries, which are W3C's dictionaries. */
  static from(entries) {
    return create('RTCStatsReport', new StatsReport(new Map(entries.map((entry) => [entry.id, entry]))));
  }
}

implement('RTCStatsReport', StatsReport);

module.exports = { StatsReport };
