import { platformAncestor } from './model.mjs';
import { exceptions, platform } from './surface.mjs';
import { converter, initial } from './types.mjs';

const promised = (type) => type.generic === 'Promise';
const isHandler = (type) => type.idlType === 'EventHandler';

/** The module of one interface. */
export function emitInterface(model, definition) {
  return new Emitter(model, definition).module();
}

class Emitter {
  constructor(model, definition) {
    this.model = model;
    this.definition = definition;
    this.name = definition.name;
    this.ancestor = platformAncestor(model, this.name);
    this.isEvent = this.ancestor === 'Event';
    this.isException = this.name in exceptions;
    // Events and exceptions hold what they were constructed with; everything else has an implementation.
    this.slot = this.isEvent || this.isException ? '#init' : '#impl';
    this.converters = new Map();
    this.members = [];
    this.statics = [];
  }

  module() {
    const { name, definition } = this;
    const body = [this.constructorCode(), ...this.memberCode(), this.registration()].join('\n\n');
    const parent = definition.inheritance;
    const head = [
      `const t = require('../webidl/types.js');`,
      `const enums = require('./enums.js');`,
      `const registry = require('../webidl/registry.js');`,
      `const { overloads, resolve, tooFew } = require('../webidl/overload.js');`,
      `const { shape } = require('../webidl/shape.js');`,
      `const { getEventHandler, setEventHandler } = require('../events/event-handlers.js');`,
      `const { listenWithCheckpoints, prepareTarget } = require('../events/event-target.js');`,
      `const { trusted } = require('../events/trusted.js');`,
      `require('./dictionaries.js');`,
    ];
    if (parent && !platform.includes(parent)) head.push(`const ${parent} = require('./${parent}.js');`);
    for (const [expression, constant] of this.converters) head.push(`const ${constant} = ${expression};`);
    const list = (names) => `[${names.map((member) => `'${member}'`).join(', ')}]`;
    const tail = [
      `shape(${name}, '${name}', {`,
      `  members: ${list(this.members)},`,
      `  statics: ${list(this.statics)},`,
      `  shown: ${list(this.shown())},`,
      '});',
    ];
    if (parent === 'EventTarget') tail.push(`listenWithCheckpoints(${name});`);
    if (this.maplike)
      tail.push(
        `Object.defineProperty(${name}.prototype, Symbol.iterator, { value: ${name}.prototype.entries, writable: true, configurable: true });`,
      );
    tail.push(`module.exports = ${name};`);
    const heritage = parent ? ` extends ${parent}` : '';
    return `${unused(head, body).join('\n')}\n\nclass ${name}${heritage} {\n  ${this.slot};\n\n${body}\n}\n\n${tail.join('\n')}\n`;
  }

  /** Attributes for `console.log`; events and exceptions have their own way. */
  shown() {
    if (this.slot === '#init') return [];
    const attributes = [];
    for (let current = this.definition; current; current = this.model.interfaces.get(current.inheritance)) {
      const own = current.members.filter(
        ({ type, idlType }) => type === 'attribute' && !isHandler(idlType) && !promised(idlType),
      );
      attributes.unshift(...own.map(({ name }) => name));
    }
    return attributes;
  }

  /** A module constant that holds the converter of a type. */
  convert(type, extAttrs) {
    const expression = converter(this.model, type, extAttrs);
    if (/^(t\.\w+|enums\.\w+)$/.test(expression)) return expression;
    if (!this.converters.has(expression)) this.converters.set(expression, `type${this.converters.size + 1}`);
    return this.converters.get(expression);
  }

  // Constructors.

  constructorCode() {
    const constructors = this.definition.members.filter((member) => member.type === 'constructor');
    const what = `Failed to construct '${this.name}'`;
    if (this.isException) return this.exceptionConstructor(constructors[0], what);
    if (this.isEvent) return this.eventConstructor(constructors[0], what);
    const parent = this.definition.inheritance;
    const prepare = parent === 'EventTarget' ? '\n    prepareTarget(this);' : '';
    const inherited = parent && !platform.includes(parent);
    const adopt = inherited ? 'super(registry.token, impl);' : parent ? 'super();' : '';
    const fromPlatform = `if (arguments[0] === registry.token) {
      const impl = arguments[1];
      ${adopt}${prepare}
      this.#impl = impl;
      return;
    }`;
    if (constructors.length === 0) {
      return `  constructor() {\n    ${fromPlatform}\n    throw new TypeError('Illegal constructor');\n  }`;
    }
    const call = (args) =>
      `${parent ? 'super();' : ''}${prepare}\n    this.#impl = new (registry.implementation('${this.name}'))(this${args.map((arg) => `, ${arg}`).join('')});`;
    const required = Math.min(...constructors.map((member) => requiredCount(member.arguments)));
    const names = constructors[0].arguments.slice(0, required).map((argument) => argument.name);
    const code = this.overloaded(constructors, what, (args) => call(args));
    return `  constructor(${names.join(', ')}) {\n    ${fromPlatform}\n${code}\n  }`;
  }

  eventConstructor(operation, what) {
    const [, dictionary] = operation.arguments;
    const names = ['type', ...(dictionary.optional ? [] : ['eventInitDict'])];
    const attributes = this.definition.members.filter((member) => member.type === 'attribute');
    const frozen = attributes.filter((member) => member.idlType.generic === 'FrozenArray');
    const freeze = frozen.map((member) => `\n    Object.freeze((this.#init.${member.name} ??= []));`).join('');
    return `  constructor(${names.join(', ')}) {
    if (type === registry.token) {
      super(arguments[1], trusted);
      this.#init = arguments[2];
    } else {
      if (arguments.length < ${names.length}) throw tooFew("${what}", ${names.length}, arguments.length);
      const name = t.DOMString.convert(type, "${what}: parameter 1");
      const init = ${this.convert(dictionary.idlType)}.convert(arguments[1], "${what}: parameter 2");
      super(name, init);
      this.#init = init;
    }${freeze}
  }`;
  }

  exceptionConstructor(operation, what) {
    const required = requiredCount(operation.arguments);
    const { code, names } = this.argumentCode(operation.arguments, what);
    const parameters = operation.arguments.slice(0, required).map((argument) => argument.name);
    const from = exceptions[this.name];
    const init =
      from.attributes === 'init'
        ? names[0]
        : `{ ${operation.arguments.map(({ name }, index) => `${name}: ${names[index]}`).join(', ')} }`;
    return `  constructor(${parameters.join(', ')}) {
    if (arguments.length < ${required}) throw tooFew("${what}", ${required}, arguments.length);
${code}
    super(${names[1]}, '${from.name}');
    this.#init = ${init};
  }`;
  }

  // Members.

  memberCode() {
    const { members } = this.definition;
    const code = [];
    const operations = new Map();
    for (const member of members) {
      if (member.type === 'attribute') code.push(this.attribute(member));
      else if (member.type === 'maplike') code.push(this.maplikeCode());
      else if (member.type === 'operation') {
        const key = `${member.special} ${member.name}`;
        operations.set(key, [...(operations.get(key) ?? []), member]);
      } else if (member.type !== 'constructor') throw new Error(`the generator does not know ${member.type}`);
    }
    for (const overloads of operations.values()) code.push(this.operation(overloads));
    return code;
  }

  attribute(member) {
    const { name, idlType } = member;
    this.members.push(name);
    const what = `Failed to set '${name}' on '${this.name}': the value`;
    if (isHandler(idlType)) return this.handlerAttribute(name);
    if (this.slot === '#init')
      return `  get ${name}() {\n    return this.#init.${name} ?? ${emptyValue(idlType)};\n  }`;
    const getter = promised(idlType)
      ? `  get ${name}() {\n    try {\n      return this.#impl.${name};\n    } catch (error) {\n      return Promise.reject(error);\n    }\n  }`
      : `  get ${name}() {\n    return this.#impl.${name};\n  }`;
    if (member.readonly) return getter;
    const type = this.convert(idlType, member.extAttrs);
    if (this.model.enums.has(idlType.idlType)) {
      // A value that the enumeration does not have is ignored.
      return `${getter}\n\n  set ${name}(value) {\n    const impl = this.#impl;\n    const string = t.DOMString.convert(value, "${what}");\n    if (${type}.has(string)) impl.${name} = string;\n  }`;
    }
    return `${getter}\n\n  set ${name}(value) {\n    const impl = this.#impl;\n    impl.${name} = ${type}.convert(value, "${what}");\n  }`;
  }

  handlerAttribute(name) {
    const type = name.slice(2);
    return `  get ${name}() {\n    this.#impl;\n    return getEventHandler(this, '${type}');\n  }\n\n  set ${name}(value) {\n    this.#impl;\n    setEventHandler(this, '${type}', value);\n  }`;
  }

  maplikeCode() {
    this.maplike = true;
    this.members.push('size', 'get', 'has', 'entries', 'keys', 'values', 'forEach');
    const key = (method) => `  ${method}(key) {
    const map = this.#impl.map;
    if (arguments.length < 1) throw tooFew("Failed to execute '${method}' on '${this.name}'", 1, 0);
    return map.${method}(t.DOMString.convert(key, "Failed to execute '${method}' on '${this.name}': parameter 1"));
  }`;
    const plain = (method) => `  ${method}() {\n    return this.#impl.map.${method}();\n  }`;
    return [
      `  get size() {\n    return this.#impl.map.size;\n  }`,
      key('get'),
      key('has'),
      ...['entries', 'keys', 'values'].map(plain),
      `  forEach(callback) {
    const map = this.#impl.map;
    if (typeof callback !== 'function') throw new TypeError("Failed to execute 'forEach' on '${this.name}': parameter 1 is not a function.");
    const thisValue = arguments[1];
    map.forEach((value, key) => Reflect.apply(callback, thisValue, [value, key, this]));
  }`,
    ].join('\n\n');
  }

  operation(overloads) {
    const [first] = overloads;
    const { name } = first;
    const isStatic = first.special === 'static';
    (isStatic ? this.statics : this.members).push(name);
    const required = Math.min(...overloads.map((member) => requiredCount(member.arguments)));
    const parameters = overloads
      .find((member) => requiredCount(member.arguments) === required)
      .arguments.slice(0, required)
      .map((argument) => argument.name);
    const what = `Failed to execute '${name}' on '${this.name}'`;
    const isPromise = promised(first.idlType);
    let body;
    const isDefault = first.extAttrs.some((attribute) => attribute.name === 'Default');
    if (name === 'toJSON' && isDefault) {
      body = this.defaultToJson();
    } else {
      const receiver = isStatic ? `registry.implementation('${this.name}')` : 'impl';
      const lead = isStatic ? '' : '    const impl = this.#impl;\n';
      body =
        lead +
        this.overloaded(overloads, what, (args, index) => {
          const target = overloads.length > 1 && isCallbackForm(overloads[index]) ? `${name}WithCallbacks` : name;
          return `return ${receiver}.${target}(${args.join(', ')});`;
        });
    }
    if (isPromise)
      body = `    try {\n${indent(body)}\n    } catch (error) {\n      return Promise.reject(error);\n    }`;
    return `  ${isStatic ? 'static ' : ''}${name}(${parameters.join(', ')}) {\n${body}\n  }`;
  }

  defaultToJson() {
    const parts = [];
    const ancestors = [];
    for (let current = this.definition; current; current = this.model.interfaces.get(current.inheritance))
      ancestors.unshift(current);
    for (const { members } of ancestors) {
      for (const member of members) {
        if (member.type === 'attribute' && !isHandler(member.idlType))
          parts.push(`${member.name}: impl.${member.name}`);
      }
    }
    return `    const impl = this.#impl;\n    return { ${parts.join(', ')} };`;
  }

  /** Converts the arguments of the overload that they fit, and goes on with `then(names, index)`. */
  overloaded(overloads, what, then) {
    if (overloads.length === 1) {
      const [{ arguments: declared }] = overloads;
      const required = requiredCount(declared);
      const check =
        required === 0
          ? ''
          : `    if (arguments.length < ${required}) throw tooFew("${what}", ${required}, arguments.length);\n`;
      const { code, names } = this.argumentCode(declared, what);
      return `${check}${code}${code && '\n'}    ${then(names, 0)}`;
    }
    const entries = overloads.map((member) => {
      const types = member.arguments.map((argument) => this.convert(argument.idlType, argument.extAttrs));
      return `{ types: [${types.join(', ')}], required: ${requiredCount(member.arguments)} }`;
    });
    const cases = overloads.map((member, index) => {
      const { code, names } = this.argumentCode(member.arguments, what);
      const end = then(names, index);
      return `    case ${index}: {\n${indent(`${code}${code && '\n'}    ${end}`, '  ')}${end.startsWith('return') ? '' : '\n      break;'}\n    }`;
    });
    const constant = `overloads([${entries.join(', ')}])`;
    if (!this.converters.has(constant)) this.converters.set(constant, `methods${this.converters.size + 1}`);
    return `    switch (resolve(${this.converters.get(constant)}, arguments, "${what}")) {\n${indent(cases.join('\n'), '  ')}\n    }`;
  }

  argumentCode(declared, what) {
    const names = [];
    const lines = declared.map((argument, index) => {
      const type = this.convert(argument.idlType, argument.extAttrs);
      const name = `arg${index}`;
      names.push(argument.variadic ? `...${name}` : name);
      const where = `"${what}: parameter ${index + 1}"`;
      if (argument.variadic) {
        return `    const ${name} = Array.from(arguments).slice(${index}).map((value) => ${type}.convert(value, ${where}));`;
      }
      const value = `arguments[${index}]`;
      const converted = `${type}.convert(${value}, ${where})`;
      if (!argument.optional || this.model.dictionaries.has(argument.idlType.idlType))
        return `    const ${name} = ${converted};`;
      const fallback = argument.default ? initial(argument.default) : 'undefined';
      return `    const ${name} = ${value} === undefined ? ${fallback} : ${converted};`;
    });
    return { code: lines.join('\n'), names };
  }

  registration() {
    return `  static {\n    registry.register('${this.name}', this, (value) => (t.isObject(value) && ${this.slot} in value ? value.${this.slot} : undefined));\n  }`;
  }
}

function requiredCount(declared) {
  return declared.filter((argument) => !argument.optional && !argument.variadic).length;
}

function isCallbackForm(member) {
  return member.arguments.some((argument) => /Callback$|^VoidFunction$/.test(argument.idlType.idlType));
}

/** What an attribute of an event holds if its dictionary member is missing. */
function emptyValue(type) {
  if (type.nullable || type.generic) return 'null';
  return /String$/.test(type.idlType) ? "''" : 'null';
}

function indent(code, by = '  ') {
  return code.replace(/^(?=.)/gm, by);
}

/** Leaves out the imports whose names the code does not use. */
function unused(head, body) {
  const text = `${body}\n${head.slice(9).join('\n')}\nshape listenWithCheckpoints`;
  return head.filter((line, index) => {
    if (index > 8) return true;
    const names = line.match(/^const (?:\{ (.*) \}|(\w+)) =/);
    if (!names) return true;
    return (names[1] ?? names[2]).split(', ').some((name) => new RegExp(`\\b${name}\\b`).test(text));
  });
}
