'use strict';

const { interfaceOf } = require('./webidl/registry.js');

/** The names of the errors that the addon throws as DOMException. */
const exceptions = new Set([
  'InvalidStateError',
  'InvalidAccessError',
  'InvalidModificationError',
  'InvalidCharacterError',
  'SyntaxError',
  'OperationError',
  'NotSupportedError',
  'NetworkError',
  'TimeoutError',
  'AbortError',
  'UnknownError',
  'DataError',
  'NotAllowedError',
  'NotFoundError',
]);

/** The object that W3C has for an error of the addon: `{ name, message }`, and with the name RTCError its attributes. */
function toException(error) {
  if (typeof error !== 'object' || error === null) return error;
  const { name, message } = error;
  if (name === 'TypeError') return new TypeError(message);
  if (name === 'RangeError') return new RangeError(message);
  if (name === 'RTCError') return rtcError(error);
  if (exceptions.has(name)) return new DOMException(message, name);
  return error;
}

function rtcError({ message, errorDetail, sdpLineNumber, sctpCauseCode, receivedAlert, sentAlert }) {
  const init = { errorDetail };
  // WebIDL: null would become 0.
  for (const [key, value] of Object.entries({ sdpLineNumber, sctpCauseCode, receivedAlert, sentAlert })) {
    if (value !== null && value !== undefined) init[key] = value;
  }
  return new (interfaceOf('RTCError'))(init, message);
}

/** Calls the addon; what it throws becomes the exception that W3C has. */
function calling(call) {
  try {
    return call();
  } catch (error) {
    throw toException(error);
  }
}

module.exports = { toException, calling };
