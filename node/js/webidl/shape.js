'use strict';

/** Gives a generated class the property attributes that WebIDL asks for: classes make members non-enumerable. */
function shape(constructor, name, { members = [], statics = [] }) {
  const enumerable = { enumerable: true };
  for (const member of members) Object.defineProperty(constructor.prototype, member, enumerable);
  for (const member of statics) Object.defineProperty(constructor, member, enumerable);
  Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: name, configurable: true });
}

module.exports = { shape };
