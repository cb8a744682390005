'use strict';

/**
 * Constraints, and the settings that satisfy them: https://www.w3.org/TR/mediacapture-streams/#constrainable-interface
 *
 * A device says for each property what it can do: `{ range: { min, max } }` or `{ values: [..] }`, and `initial`, what
 * it does without constraints.
 */

const { interfaceOf } = require('../webidl/registry.js');

/**
 * The settings of a device under constraints.
 *
 * @param properties what the device can do
 * @param settings   what stands, to be kept where nothing asks for something else
 * @throws OverconstrainedError
 */
function restrict(properties, constraints, settings) {
  const { advanced = [], ...basic } = constraints;
  const left = new Map(Object.entries(properties));
  for (const [name, constraint] of Object.entries(basic)) {
    // What a device of this kind does not know does not count.
    if (!left.has(name)) continue;
    const narrowed = narrow(left.get(name), required(constraint));
    if (!narrowed) throw overconstrained(name);
    left.set(name, narrowed);
  }
  for (const set of advanced) applyAdvanced(left, set);
  const result = {};
  for (const [name, capability] of left) {
    result[name] = choose(capability, [idealOf(basic[name]), settings[name], capability.initial].flat());
  }
  return result;
}

/** A set counts as a whole or not at all. */
function applyAdvanced(left, set) {
  const narrowed = new Map();
  for (const [name, constraint] of Object.entries(set)) {
    if (!left.has(name)) continue;
    // A bare value means exactly this in an advanced set.
    const capability = narrow(left.get(name), isBare(constraint) ? { exact: constraint } : required(constraint));
    if (!capability) return;
    narrowed.set(name, capability);
  }
  for (const [name, capability] of narrowed) left.set(name, capability);
}

function isBare(constraint) {
  return typeof constraint !== 'object' || Array.isArray(constraint);
}

/** What must be: `exact`, `min` and `max`. */
function required(constraint) {
  if (isBare(constraint)) return {};
  const { exact, min, max } = constraint;
  return { exact, min, max };
}

function idealOf(constraint) {
  if (constraint === undefined) return [];
  const ideal = isBare(constraint) ? constraint : constraint.ideal;
  return ideal === undefined ? [] : [ideal].flat();
}

/** A capability under requirements; `null` if nothing is left of it. */
function narrow(capability, { exact, min, max }) {
  if (capability.range) {
    const lower = Math.max(capability.range.min, min ?? -Infinity, exact ?? -Infinity);
    const upper = Math.min(capability.range.max, max ?? Infinity, exact ?? Infinity);
    return lower <= upper ? { ...capability, range: { min: lower, max: upper } } : null;
  }
  if (exact === undefined) return capability;
  const wanted = [exact].flat();
  const values = capability.values.filter((value) => wanted.includes(value));
  return values.length > 0 ? { ...capability, values } : null;
}

/** The first of the wishes that can be had; of a range the nearest value. */
function choose({ range, values }, wishes) {
  if (range)
    return Math.min(
      Math.max(
        wishes.find((wish) => wish !== undefined),
        range.min,
      ),
      range.max,
    );
  return wishes.find((wish) => values.includes(wish)) ?? values[0];
}

function overconstrained(name) {
  return new (interfaceOf('OverconstrainedError'))(name, `The constraint '${name}' cannot be satisfied.`);
}

module.exports = { overconstrained, restrict };
