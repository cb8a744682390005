import { platform } from './surface.mjs';

const integers = {
  byte: [8, true],
  octet: [8, false],
  short: [16, true],
  'unsigned short': [16, false],
  long: [32, true],
  'unsigned long': [32, false],
  'long long': [64, true],
  'unsigned long long': [64, false],
};

const simple = {
  any: 't.any',
  object: 't.object',
  boolean: 't.boolean',
  DOMString: 't.DOMString',
  USVString: 't.USVString',
  double: 't.double',
  'unrestricted double': 't.unrestrictedDouble',
  ArrayBuffer: 't.arrayBuffer',
  ArrayBufferView: 't.arrayBufferView',
};

/** The JavaScript expression of a converter. `outer` are extended attributes written before the type. */
export function converter(model, type, outer = []) {
  const attributes = [...type.extAttrs, ...outer].map(({ name }) => name);
  const plain = bare(model, type, attributes);
  return type.nullable ? `t.nullable(${plain})` : plain;
}

function bare(model, type, attributes) {
  if (type.union) return `t.union([${type.idlType.map((member) => converter(model, member)).join(', ')}])`;
  if (type.generic === 'sequence' || type.generic === 'FrozenArray') {
    return `t.sequence(${converter(model, type.idlType[0])})`;
  }
  if (type.generic) throw new Error(`the generator does not know ${type.generic}`);
  const name = type.idlType;
  if (name in integers) {
    const mode = attributes.includes('EnforceRange') ? 'enforce' : attributes.includes('Clamp') ? 'clamp' : 'modulo';
    return `t.integer(${integers[name].join(', ')}, '${mode}')`;
  }
  if (name in simple) return simple[name];
  if (model.typedefs.has(name)) return converter(model, model.typedefs.get(name));
  if (model.enums.has(name)) return `enums.${name}`;
  if (model.dictionaries.has(name)) {
    model.convertedDictionaries.add(name);
    return `t.dictionary('${name}')`;
  }
  if (model.callbacks.has(name)) return 't.callback';
  if (platform.includes(name)) return `t.platform('${name}')`;
  if (model.interfaces.has(name)) return `t.iface('${name}')`;
  throw new Error(`the generator does not know the type ${name}`);
}

/** A default value as a JavaScript expression. */
export function initial(value) {
  switch (value.type) {
    case 'string':
      return JSON.stringify(value.value);
    case 'number':
      return value.value;
    case 'boolean':
      return String(value.value);
    case 'null':
      return 'null';
    case 'sequence':
      return '[]';
    case 'dictionary':
      return '{}';
    default:
      throw new Error(`the generator does not know the default ${value.type}`);
  }
}
