'use strict';

const { calling } = require('./errors.js');
const { create, implement } = require('./webidl/registry.js');

/** https://www.w3.org/TR/webrtc/#rtcstatsreport-object */
class StatsReport {
  constructor(map) {
    this.map = map;
  }

  /**
   * The promise of a report. W3C gathers in parallel: it is fulfilled in a task, and not before.
   *
   * @param collect gives the addon's entries
   */
  static gather(collect) {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(StatsReport.from(calling(collect)));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** The object for the addon's entries, which are W3C's dictionaries. */
  static from(entries) {
    return create('RTCStatsReport', new StatsReport(new Map(entries.map((entry) => [entry.id, entry]))));
  }
}

implement('RTCStatsReport', StatsReport);

module.exports = { StatsReport };
