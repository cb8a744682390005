'use strict';

const { createEvent } = require('../webidl/registry.js');
const { trusted } = require('./trusted.js');

/** Fires a plain event. */
function fire(target, type) {
  target.dispatchEvent(new Event(type, trusted));
}

/** Fires an event of an interface of ours; `init` holds its attributes. */
function fireEvent(target, name, type, init) {
  target.dispatchEvent(createEvent(name, type, init));
}

module.exports = { fire, fireEvent };
