import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { parse } from 'webidl2';
import { furtherValues, leftOut, platform, specifications } from './surface.mjs';

const require = createRequire(import.meta.url);
const own = ['platform', 'webrtc-extensions', 'mediacapture-extensions', 'visavis'];

/**
 * Reads the IDL and merges partial definitions.
 *
 * @returns definitions by kind, each a Map by name: interfaces, dictionaries, enums, typedefs, callbacks
 */
export function readModel() {
  const model = {
    interfaces: new Map(),
    dictionaries: new Map(),
    enums: new Map(),
    typedefs: new Map(),
    callbacks: new Set(),
    /** Filled while converters are written. */
    convertedDictionaries: new Set(),
  };
  const partials = [];
  for (const text of sources()) {
    for (const definition of parse(text)) {
      if (definition.name in leftOut) continue;
      if (definition.partial) partials.push(definition);
      else add(model, definition);
    }
  }
  for (const partial of partials) {
    const whole = model.interfaces.get(partial.name) ?? model.dictionaries.get(partial.name);
    if (!whole) throw new Error(`${partial.name} has a partial definition only`);
    whole.members.push(...members(partial));
  }
  return model;
}

function sources() {
  const specification = (name) => readFileSync(require.resolve(`@webref/idl/${name}.idl`), 'utf8');
  const written = (name) => readFileSync(new URL(`idl/${name}.webidl`, import.meta.url), 'utf8');
  return [...specifications.map(specification), ...own.map(written)];
}

function add(model, definition) {
  const { type, name, inheritance } = definition;
  if (type === 'interface') model.interfaces.set(name, { name, inheritance, members: members(definition) });
  else if (type === 'dictionary') model.dictionaries.set(name, { name, inheritance, members: members(definition) });
  else if (type === 'enum') model.enums.set(name, enumValues(definition));
  else if (type === 'typedef') model.typedefs.set(name, definition.idlType);
  else if (type === 'callback') model.callbacks.add(name);
  else throw new Error(`the generator does not know ${type} ${name}`);
}

function enumValues({ name, values }) {
  return [...values.map(({ value }) => value), ...(furtherValues[name] ?? [])];
}

function members(definition) {
  return definition.members.filter((member) => !(`${definition.name}.${member.name}` in leftOut));
}

/** The interface that an interface inherits from in the end, where that belongs to the platform. */
export function platformAncestor(model, name) {
  let current = model.interfaces.get(name).inheritance;
  while (current && !platform.includes(current)) current = model.interfaces.get(current).inheritance;
  return current;
}
