'use strict';

/**
 * The W3C event loop of this JavaScript environment: one task of one connection at a time, each followed by a
 * microtask checkpoint. The addon's threads go on with everything below meanwhile.
 */

const native = require('./native.js');
const { runTask, throwEscaped, hasCheckpoints, reportCount } = require('./events/checkpoint.js');

/** How long tasks may follow each other before timers and IO of the process get their turn, in milliseconds. */
const TURN = 4;

/** The addon's connection -> our implementation. */
const connections = new WeakMap();

/** Connections that must not be collected, as they may still fire events. */
const active = new Set();

/**
 * Connections that may have tasks, first come, first served. All tasks of one come before the next one's, as nearly as
 * tasks of a browser's networking task source do, where they are in the order in which they were queued.
 */
const ready = [];
let isScheduled = false;

/** From now on the tasks of the addon's connection are performed: `perform(events)` fires their events. */
function enter(connection, implementation) {
  connections.set(connection, implementation);
}

function turn() {
  const end = performance.now() + TURN;
  const reports = reportCount();
  ready.push(...native.takeReady());
  while (ready.length > 0) {
    const implementation = connections.get(ready[0]);
    const events = ready[0].runTask();
    if (events === null) {
      ready.shift();
      implementation.becameIdle();
      continue;
    }
    runTask(() => implementation.perform(events));
    // An exception that nobody caught is thrown before anything else happens.
    if (performance.now() > end || !hasCheckpoints || reportCount() !== reports) {
      // Now the others have their turn.
      ready.push(ready.shift());
      break;
    }
  }
  if (ready.length > 0 && !isScheduled) {
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      turn();
    });
  }
  throwEscaped();
}

native.setWakeup(turn);

module.exports = { enter, active };
