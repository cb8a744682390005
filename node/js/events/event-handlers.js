'use strict';

/**
 * Event handler IDL attributes (`onopen`): https://html.spec.whatwg.org/#event-handler-attributes
 */

/** target -> type -> { value, listener } */
const handlers = new WeakMap();

function getEventHandler(target, type) {
  return handlers.get(target)?.get(type)?.value ?? null;
}

/** [LegacyTreatNonObjectAsNull]: any object is kept, and one that is not callable does nothing when its turn comes. */
function setEventHandler(target, type, given) {
  const value = (typeof given === 'object' && given !== null) || typeof given === 'function' ? given : null;
  let map = handlers.get(target);
  if (!map) handlers.set(target, (map = new Map()));
  const handler = map.get(type);
  if (value === null) {
    // Deactivated: set again, it will come after the listeners that are there then.
    if (handler) target.removeEventListener(type, handler.listener);
    map.delete(type);
  } else if (handler) {
    handler.value = value;
  } else {
    const fresh = { value, listener: (event) => processEvent(fresh.value, event) };
    map.set(type, fresh);
    target.addEventListener(type, fresh.listener);
  }
}

function processEvent(value, event) {
  if (typeof value !== 'function') return;
  const result = Reflect.apply(value, event.currentTarget, [event]);
  if (result === false) event.preventDefault();
  return result;
}

module.exports = { getEventHandler, setEventHandler };
