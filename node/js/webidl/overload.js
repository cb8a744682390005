'use strict';

const { choose } = require('./types.js');

/**
 * A method's overloads, prepared.
 *
 * @param {{ types: object[], required: number }[]} entries  the types of each overload's arguments, in order
 */
function overloads(entries) {
  const types = entries.map((entry) => entry.types[0]);
  return {
    entries,
    longest: Math.max(...entries.map((entry) => entry.types.length)),
    fewest: Math.min(...entries.map(({ required }) => required)),
    /** The types of the only argument, where each overload has one: the way of `send()`, which is short. */
    types: entries.every((entry) => entry.types.length === 1 && entry.required === 1) ? types : null,
  };
}

/**
 * https://webidl.spec.whatwg.org/#js-overloads, for the overloads of our interfaces: at most one argument tells them
 * apart.
 *
 * @returns the index of the overload
 */
function resolve({ entries, longest, fewest, types }, args, what) {
  if (args.length < fewest) throw tooFew(what, fewest, args.length);
  if (types) return select(types, args[0], what);
  const count = Math.min(longest, args.length);
  const fits = (entry) => entry.required <= count && entry.types.length >= count;
  const indices = [...entries.keys()].filter((index) => fits(entries[index]));
  // Too few for the longer overload, too many for the shorter one.
  if (indices.length === 0) throw new TypeError(`${what}: no overload takes ${args.length} arguments.`);
  if (indices.length === 1) return indices[0];
  return indices[
    select(
      indices.map((index) => entries[index].types[count - 1]),
      args[count - 1],
      what,
    )
  ];
}

function select(types, value, what) {
  const chosen = choose(value, types, (...kinds) => types.find((type) => kinds.includes(type.kind)));
  if (!chosen) throw new TypeError(`${what}: no overload takes such an argument.`);
  return types.indexOf(chosen);
}

function tooFew(what, required, given) {
  return new TypeError(
    `${what}: ${required} argument${required === 1 ? '' : 's'} required, but only ${given} present.`,
  );
}

module.exports = { overloads, resolve, tooFew };
