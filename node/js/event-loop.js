'use strict';

/**
 * The W3C event loop of this JavaScript environment: one task of one connection at a time, each followed by a
 * microtask checkpoint. The addon's threads go on with everything below meanwhile.
 */

const native = require('./native.js');
const { ReadyQueue } = require('./ready-queue.js');
const { runTask, throwEscaped, hasCheckpoints, reportCount } = require('./events/checkpoint.js');

/**
 * How long tasks may follow each other before timers and IO of the process get their turn, in milliseconds: messages,
 * which may come without end, and all others. What calls have begun is then done before a timer that was set after it.
 */
const TURN = { messages: 4, others: 50 };

/** So many tasks follow each other in any case: a process that did not get the processor meanwhile is late, not busy. */
const TASKS_IN_ANY_CASE = 32;

/** The addon's connection -> our implementation. */
const connections = new WeakMap();

/** Connections that must not be collected, as they may still fire events. */
const active = new Set();

const ready = new ReadyQueue();
let isScheduled = false;

/** From now on the tasks of the addon's connection are performed: `perform(event)` fires one of their events. */
function enter(connection, implementation) {
  connections.set(connection, implementation);
}

/** Has the connection's next task performed when its time comes. */
function queue(connection) {
  const order = connection.order();
  if (order === null) connections.get(connection).becameIdle();
  else ready.push(connection, order);
}

function performTask(implementation, task) {
  for (let index = 1; index < task.length; index += 1) implementation.perform(task[index]);
}

/** Whether messages were all that there was to the task. */
function isMessages(task) {
  return task.length > 1 && task.every((event, index) => index === 0 || event[2] === 'messages');
}

function turn() {
  const begin = performance.now();
  let performed = 0;
  const reports = reportCount();
  for (;;) {
    // Tasks of all connections come in the order in which they were queued.
    native.takeReady().forEach(queue);
    if (ready.length === 0) break;
    const connection = ready.shift();
    const implementation = connections.get(connection);
    const task = connection.runTask();
    if (task === null) {
      // From here on it is announced again.
      implementation.becameIdle();
      continue;
    }
    const [next] = task;
    const areMessages = isMessages(task);
    runTask(performTask, implementation, task);
    if (next !== null) ready.push(connection, next);
    // Announced again, too. Where messages come the connection is not idle for good.
    else if (!areMessages) implementation.becameIdle();
    // An exception that nobody caught is thrown before anything else happens.
    performed += 1;
    const limit = areMessages ? TURN.messages : TURN.others;
    const isLate = performance.now() > begin + limit && (areMessages || performed >= TASKS_IN_ANY_CASE);
    if (isLate || !hasCheckpoints || reportCount() !== reports) break;
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
