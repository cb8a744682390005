'use strict';

/**
 * The option that makes an Event of Node.js trusted (`isTrusted`), found by watching which one the constructor reads;
 * empty where there is none.
 */
const trusted = {};

new Event(
  'probe',
  new Proxy(
    {},
    {
      get(_, key) {
        if (typeof key === 'symbol' && key.description === 'kTrustEvent') trusted[key] = true;
        return undefined;
      },
    },
  ),
);

module.exports = { trusted };
