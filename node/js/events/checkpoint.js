'use strict';

/**
 * Microtask checkpoints where a browser has them: after a task, and after each listener that a task calls.
 *
 * https://html.spec.whatwg.org/#clean-up-after-running-script
 */

/**
 * What Node.js runs between two timers: `process.nextTick` callbacks, microtasks and the tracking of unhandled
 * rejections. Where a future Node.js lacks it, the loop gives each task a turn of its own, which only lacks the
 * checkpoints between the listeners of one event.
 */
const runTicks = typeof process._tickCallback === 'function' ? process._tickCallback.bind(process) : null;

/** Whether a task of ours is running and no script of the application is on the stack. */
let stackIsEmpty = false;

/** How many exceptions were reported. */
let reports = 0;

/**
 * The exception of a `process.nextTick` callback, in an array, if there was one. Node.js's record of asynchronous
 * contexts is out of step since, and put right only where an uncaught exception leaves JavaScript: unless the turn ends
 * with this exception, the process is aborted.
 */
let escaped = [];

/** An exception that nobody caught becomes an uncaught exception of the process, and the task goes on. */
function report(error) {
  reports += 1;
  setImmediate(() => {
    throw error;
  });
}

/** Runs `task(one, other)` as the event loop does, with a checkpoint after it. Nothing of the application is on the stack. */
function runTask(task, one, other) {
  stackIsEmpty = true;
  try {
    task(one, other);
  } finally {
    stackIsEmpty = false;
    checkpoint();
  }
}

/** Calls a listener. If nothing of the application was on the stack, a checkpoint follows. */
function callListener(callable, thisValue, event) {
  if (!stackIsEmpty) {
    Reflect.apply(callable, thisValue, [event]);
    return;
  }
  stackIsEmpty = false;
  try {
    Reflect.apply(callable, thisValue, [event]);
  } catch (error) {
    report(error);
  }
  checkpoint();
  stackIsEmpty = true;
}

function checkpoint() {
  if (!runTicks) return;
  // Each round takes at least the callback that threw off Node.js's queue.
  for (;;) {
    try {
      runTicks();
      return;
    } catch (error) {
      if (escaped.length > 0) {
        report(error);
      } else {
        reports += 1;
        escaped = [error];
      }
    }
  }
}

/** Called at the end of a turn of the loop, outside of everything. */
function throwEscaped() {
  if (escaped.length === 0) return;
  const [error] = escaped;
  escaped = [];
  throw error;
}

module.exports = { runTask, callListener, throwEscaped, hasCheckpoints: runTicks !== null, reportCount: () => reports };
