'use strict';

/**
 * Which object belongs to which interface, and what is behind it.
 *
 * Public objects are instances of generated classes that hold nothing but a private reference to their
 * implementation. Implementations hold state and rules. Everything in `js/` hands public objects around and asks
 * `implOf` for what is behind them.
 */

/** Given to a generated constructor, makes it build an object of the platform instead of throwing. */
const token = Symbol('visavis');

const interfaces = new Map();
const implementations = new Map();

/** Called by the generated classes; `unwrap` gives the implementation of an object or `undefined`. */
function register(name, constructor, unwrap) {
  interfaces.set(name, { constructor, unwrap });
}

/** Names the class that implements an interface: its instances stand behind the objects that scripts construct. */
function implement(name, implementation) {
  implementations.set(name, implementation);
}

function implementation(name) {
  return implementations.get(name);
}

/** The implementation behind an object of the interface, or `undefined` for any other value. */
function implOf(name, value) {
  return interfaces.get(name).unwrap(value);
}

/** The public object of an implementation that no script constructed. */
function create(name, impl) {
  const { constructor } = interfaces.get(name);
  impl.object = new constructor(token, impl);
  return impl.object;
}

/** A trusted event; `init` holds the values of its attributes. */
function createEvent(name, type, init) {
  const { constructor } = interfaces.get(name);
  return new constructor(token, type, init);
}

function interfaceOf(name) {
  return interfaces.get(name).constructor;
}

module.exports = { token, register, implement, implementation, implOf, create, createEvent, interfaceOf };
