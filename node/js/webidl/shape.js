'use strict';

const inspectCustom = Symbol.for('nodejs.util.inspect.custom');

/**
 * Gives a generated class the property attributes that WebIDL asks for, as classes make members non-enumerable.
 *
 * @param names `members`: of the prototype; `statics`: of the constructor; `shown`: attributes that `console.log` shows
 */
function shape(constructor, name, { members, statics, shown }) {
  const { prototype } = constructor;
  for (const member of members) Object.defineProperty(prototype, member, { enumerable: true });
  for (const member of statics) Object.defineProperty(constructor, member, { enumerable: true });
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  if (shown.length > 0) {
    Object.defineProperty(prototype, inspectCustom, {
      value: inspector(name, shown),
      writable: true,
      configurable: true,
    });
  }
}

/** Attributes are getters of the prototype, which Node.js would not show. */
function inspector(name, shown) {
  return function show(depth, options, inspect) {
    if (depth < 0) return `[${name}]`;
    const attributes = {};
    try {
      for (const attribute of shown) attributes[attribute] = this[attribute];
    } catch {
      // The prototype itself has none.
      return `${name} {}`;
    }
    return `${name} ${inspect(attributes, { ...options, depth: options.depth === null ? null : depth - 1 })}`;
  };
}

module.exports = { shape };
