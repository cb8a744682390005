'use strict';

const { choose } = require('./types.js');

/**
 * https://webidl.spec.whatwg.org/#js-overloads, for the overloads of our interfaces: at most one argument tells them
 * apart.
 *
 * @param {object[][]} entries  the types of each overload's arguments, in order; `required` counts them
 * @returns the index of the overload
 */
function resolve(entries, args, what) {
  const longest = Math.max(...entries.map((entry) => entry.types.length));
  const count = Math.min(longest, args.length);
  let left = entries
    .map((entry, index) => ({ ...entry, index }))
    .filter((entry) => entry.required <= count && entry.types.length >= count);
  if (left.length === 0) {
    const fewest = Math.min(...entries.map((entry) => entry.required));
    if (count < fewest) throw tooFew(what, fewest, args.length);
    // Too few for the longer overload, too many for the shorter one.
    throw new TypeError(`${what}: no overload takes ${args.length} arguments.`);
  }
  if (left.length === 1) return left[0].index;
  const value = args[count - 1];
  const types = left.map((entry) => entry.types[count - 1]);
  const chosen = choose(value, types, (...kinds) => types.find((type) => kinds.includes(type.kind)));
  if (!chosen) throw new TypeError(`${what}: no overload takes such an argument.`);
  return left[types.indexOf(chosen)].index;
}

function tooFew(what, required, given) {
  return new TypeError(`${what}: ${required} argument${required === 1 ? '' : 's'} required, but only ${given} present.`);
}

module.exports = { resolve, tooFew };
