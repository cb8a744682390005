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

/** Connections that may have tasks, first come, first served. */
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
    const connection = ready.shift();
    const implementation = connections.get(connection);
    const events = connection.runTask();
    if (events === null) {
      implementation.becameIdle();
      continue;
    }
    // Behind the others: connections take turns.
    ready.push(connection);
    runTask(() => implementation.perform(events));
    // An exception that nobody caught is thrown before anything else happens.
    if (performance.now() > end || !hasCheckpoints || reportCount() !== reports) break;
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
