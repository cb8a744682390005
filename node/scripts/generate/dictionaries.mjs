import { converter, initial } from './types.mjs';

export function emitEnums(model) {
  const lines = [...model.enums].map(
    ([name, values]) => `  ${name}: t.enumeration('${name}', ${JSON.stringify(values)}),`,
  );
  return `const t = require('../webidl/types.js');\n\nmodule.exports = {\n${lines.join('\n')}\n};\n`;
}

/**
 * The dictionaries that some argument needs; those that are returned only have no conversion. Parents come before
 * their children: a child's members are appended to its parent's.
 */
export function emitDictionaries(model) {
  const done = new Set();
  const blocks = [];
  const emit = ({ name, inheritance, members }) => {
    if (done.has(name)) return;
    done.add(name);
    if (inheritance) emit(model.dictionaries.get(inheritance));
    const sorted = [...members].sort((a, b) => (a.name < b.name ? -1 : 1));
    const lines = sorted.map(
      (member) => `  ['${member.name}', ${converter(model, member.idlType, member.extAttrs)}, ${options(member)}],`,
    );
    const parent = inheritance ? `'${inheritance}'` : 'null';
    blocks.push(`t.defineDictionary('${name}', ${parent}, [\n${lines.join('\n')}\n]);`);
  };
  // A Set that grows while it is walked: converters of members add what they need.
  for (const name of model.convertedDictionaries) emit(model.dictionaries.get(name));
  return `const t = require('../webidl/types.js');\nconst enums = require('./enums.js');\n\n${blocks.join('\n\n')}\n`;
}

function options(member) {
  if (member.required) return '{ required: true }';
  if (!member.default) return '{}';
  const value = initial(member.default);
  return `{ initial: () => (${value}) }`;
}
