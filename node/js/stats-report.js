'use strict';

const { create, implement } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc/#rtcstatsreport-object */
class StatsReport {
  constructor(map) {
    this.map = map;
  }

  /** The object for the addon's entries: members without a value are absent. */
  static from(entries) {
    const present = ([, value]) => value !== null && value !== undefined;
    const map = new Map(entries.map((entry) => [entry.id, Object.fromEntries(Object.entries(entry).filter(present))]));
    return create('RTCStatsReport', new StatsReport(map));
  }
}

implement('RTCStatsReport', StatsReport);

module.exports = { StatsReport };
