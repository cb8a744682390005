'use strict';

/**
 * The platform's EventTarget with a microtask checkpoint after each listener that our event loop calls.
 *
 * Interfaces of this package inherit from the global EventTarget, and Node.js dispatches their events. Only the two
 * methods that take listeners are our own: they wrap each listener, always in the same wrapper, so that Node.js goes
 * on to recognise what was added before.
 */

const { setMaxListeners } = require('node:events');
const { callListener } = require('./checkpoint.js');

const { addEventListener, removeEventListener } = EventTarget.prototype;

/** listener -> wrapper. A wrapper gives no result: a promise that rejects is an unhandled rejection, as in browsers. */
const wrappers = new WeakMap();

function wrap(listener) {
  if ((typeof listener !== 'function' && typeof listener !== 'object') || listener === null) return listener;
  let wrapper = wrappers.get(listener);
  if (!wrapper) {
    wrapper =
      typeof listener === 'function'
        ? function wrapper(event) {
            callListener(listener, this, event);
          }
        : { handleEvent: (event) => callListener(listener.handleEvent, listener, event) };
    wrappers.set(listener, wrapper);
  }
  return wrapper;
}

const methods = {
  addEventListener(type, callback) {
    if (arguments.length < 2) return Reflect.apply(addEventListener, this, arguments);
    return Reflect.apply(addEventListener, this, [type, wrap(callback), arguments[2]]);
  },
  removeEventListener(type, callback) {
    if (arguments.length < 2) return Reflect.apply(removeEventListener, this, arguments);
    return Reflect.apply(removeEventListener, this, [type, wrap(callback), arguments[2]]);
  },
};

/** Called with each interface that inherits from EventTarget itself. */
function listenWithCheckpoints(constructor) {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(constructor.prototype, name, { value, writable: true, configurable: true });
  }
}

/** Browsers do not count listeners; Node.js warns at the eleventh. */
function prepareTarget(target) {
  setMaxListeners(0, target);
}

module.exports = { listenWithCheckpoints, prepareTarget };
