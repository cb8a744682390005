'use strict';

/**
 * WebIDL's conversions of JavaScript values, as small converters that are put together per type.
 *
 * A converter is an object `{ kind, convert(value, what) }`; `what` names the value in error messages. `kind` is what
 * overload and union resolution choose by.
 *
 * https://webidl.spec.whatwg.org/#js-type-mapping
 */

const { isArrayBuffer } = require('node:util').types;
const registry = require('./registry.js');

const typeError = (what, message) => new TypeError(`${what} ${message}`);

const any = { kind: 'any', convert: (value) => value };

const object = {
  kind: 'object',
  convert(value, what) {
    if (!isObject(value)) throw typeError(what, 'is not an object.');
    return value;
  },
};

const boolean = { kind: 'boolean', convert: (value) => Boolean(value) };

const DOMString = {
  kind: 'string',
  convert(value, what) {
    if (typeof value === 'string') return value;
    if (typeof value === 'symbol') throw typeError(what, 'is a symbol, which cannot be converted to a string.');
    return String(value);
  },
};

const USVString = {
  kind: 'string',
  convert: (value, what) => toWellFormed(DOMString.convert(value, what)),
};

/** Replaces lone surrogates by U+FFFD. */
function toWellFormed(string) {
  return string.isWellFormed?.() ? string : string.toWellFormed();
}

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** https://webidl.spec.whatwg.org/#abstract-opdef-converttoint; 64 bits are limited to safe integers. */
function integer(bits, signed, mode) {
  const large = bits === 64;
  const upper = large ? Number.MAX_SAFE_INTEGER : 2 ** (signed ? bits - 1 : bits) - 1;
  const lower = signed ? (large ? Number.MIN_SAFE_INTEGER : -(2 ** (bits - 1))) : 0;
  return {
    kind: 'number',
    convert(value, what) {
      let x = toNumber(value, what);
      if (mode === 'enforce') {
        if (!Number.isFinite(x)) throw typeError(what, 'is not a finite number.');
        x = Math.trunc(x) + 0;
        if (x < lower || x > upper) throw typeError(what, `is outside of the range from ${lower} to ${upper}.`);
        return x;
      }
      if (mode === 'clamp') {
        if (Number.isNaN(x)) return 0;
        return roundToEven(Math.min(Math.max(x, lower), upper)) + 0;
      }
      if (!Number.isFinite(x) || x === 0) return 0;
      x = Math.trunc(x);
      if (x >= lower && x <= upper) return x + 0;
      if (large) return Number(signed ? BigInt.asIntN(64, BigInt(x)) : BigInt.asUintN(64, BigInt(x)));
      const modulo = 2 ** bits;
      x = ((x % modulo) + modulo) % modulo;
      return signed && x > upper ? x - modulo : x;
    },
  };
}

function roundToEven(x) {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

function toNumber(value, what) {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') throw typeError(what, 'is a BigInt, which cannot be converted to a number.');
  if (typeof value === 'symbol') throw typeError(what, 'is a symbol, which cannot be converted to a number.');
  return Number(value);
}

const double = {
  kind: 'number',
  convert(value, what) {
    const x = toNumber(value, what);
    if (!Number.isFinite(x)) throw typeError(what, 'is not a finite number.');
    return x;
  },
};

const unrestrictedDouble = { kind: 'number', convert: toNumber };

function nullable(inner) {
  return {
    kind: inner.kind,
    nullable: true,
    inner,
    convert: (value, what) => (value === null || value === undefined ? null : inner.convert(value, what)),
  };
}

function sequence(item) {
  return {
    kind: 'sequence',
    convert(value, what) {
      if (!isObject(value)) throw typeError(what, 'is not iterable.');
      const method = value[Symbol.iterator];
      if (typeof method !== 'function') throw typeError(what, 'is not iterable.');
      const result = [];
      for (const entry of { [Symbol.iterator]: () => method.call(value) }) {
        result.push(item.convert(entry, `${what}, item ${result.length},`));
      }
      return result;
    },
  };
}

function enumeration(name, values) {
  const set = new Set(values);
  return {
    kind: 'string',
    has: (value) => set.has(value),
    convert(value, what) {
      const string = DOMString.convert(value, what);
      if (!set.has(string)) throw typeError(what, `'${string}' is not a value of the enumeration ${name}.`);
      return string;
    },
  };
}

/** An interface of this package. Conversion keeps the object; `implOf` gives what is behind it. */
function iface(name) {
  return {
    kind: 'interface',
    matches: (value) => registry.implOf(name, value) !== undefined,
    convert(value, what) {
      if (registry.implOf(name, value) === undefined) throw typeError(what, `is not of type '${name}'.`);
      return value;
    },
  };
}

/** An interface of the platform. */
function platform(name) {
  return {
    kind: 'interface',
    matches: (value) => value instanceof globalThis[name],
    convert(value, what) {
      if (!(value instanceof globalThis[name])) throw typeError(what, `is not of type '${name}'.`);
      return value;
    },
  };
}

const arrayBuffer = {
  kind: 'buffer',
  matches: isArrayBuffer,
  convert(value, what) {
    if (!isArrayBuffer(value)) throw typeError(what, `is not of type 'ArrayBuffer'.`);
    return value;
  },
};

const arrayBufferView = {
  kind: 'buffer',
  matches: ArrayBuffer.isView,
  convert(value, what) {
    if (!ArrayBuffer.isView(value)) throw typeError(what, `is not of type 'ArrayBufferView'.`);
    // Without [AllowShared], shared memory is refused.
    if (!isArrayBuffer(value.buffer)) throw typeError(what, 'must not be a view of shared memory.');
    return value;
  },
};

const callback = {
  kind: 'callback',
  convert(value, what) {
    if (typeof value !== 'function') throw typeError(what, 'is not a function.');
    return value;
  },
};

/** Members come parents first, then in lexicographical order: `[name, type, { required, default }]`. */
const dictionaries = new Map();

function defineDictionary(name, parent, members) {
  dictionaries.set(name, [...(parent ? dictionaries.get(parent) : []), ...members]);
}

function dictionary(name) {
  return {
    kind: 'dictionary',
    convert(value, what) {
      const missing = value === undefined || value === null;
      if (!missing && !isObject(value)) throw typeError(what, `is not an object and cannot be a ${name}.`);
      const result = {};
      for (const [key, type, { required, initial }] of dictionaries.get(name)) {
        const member = missing ? undefined : value[key];
        if (member !== undefined) result[key] = type.convert(member, `${what}, member '${key}' of ${name},`);
        else if (initial) result[key] = initial();
        else if (required) throw typeError(what, `lacks the member '${key}' that ${name} requires.`);
      }
      return result;
    },
  };
}

/** https://webidl.spec.whatwg.org/#js-union */
function union(members) {
  const flat = members.flatMap((member) => member.members ?? [member]);
  const ofKind = (...kinds) => flat.find((member) => kinds.includes(member.kind));
  return {
    kind: 'union',
    members: flat,
    convert(value, what) {
      const chosen = choose(value, flat, ofKind);
      if (!chosen) throw typeError(what, 'is of none of the types that are allowed here.');
      return chosen.convert(value, what);
    },
  };
}

function choose(value, flat, ofKind) {
  if (value === null || value === undefined) {
    const empty = flat.find((member) => member.nullable) ?? ofKind('dictionary');
    if (empty) return empty;
  }
  if (isObject(value)) {
    const matching = flat.find((member) => member.matches?.(value));
    if (matching) return matching;
    if (typeof value === 'function' && ofKind('callback')) return ofKind('callback');
    if (ofKind('sequence') && typeof value[Symbol.iterator] === 'function') return ofKind('sequence');
    const general = ofKind('dictionary', 'object');
    if (general) return general;
  }
  if (typeof value === 'boolean' && ofKind('boolean')) return ofKind('boolean');
  if (typeof value === 'number' && ofKind('number')) return ofKind('number');
  return ofKind('string') ?? ofKind('number') ?? ofKind('boolean') ?? ofKind('any');
}

module.exports = {
  any,
  object,
  boolean,
  DOMString,
  USVString,
  integer,
  double,
  unrestrictedDouble,
  nullable,
  sequence,
  enumeration,
  iface,
  platform,
  arrayBuffer,
  arrayBufferView,
  callback,
  defineDictionary,
  dictionary,
  union,
  choose,
  isObject,
};
