// As much of an HTML parser as test files need: tags, attributes, raw text. It yields tokens in document order:
// { open, attributes } | { close } | { text }; a raw-text element (script, style, title) comes as one
// { open, attributes, content, line }.

const VOID = new Set(['meta', 'link', 'img', 'br', 'hr', 'input', 'base', 'source', 'track', 'wbr']);
const RAW = new Set(['script', 'style', 'title', 'textarea']);
const TAG = /<!--[\s\S]*?(?:-->|$)|<!doctype[^>]*>|<(\/?)([a-z][\w-]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/gi;
const ATTRIBUTE = /([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;

export function* tokens(html) {
  let at = 0;
  TAG.lastIndex = 0;
  for (let match; (match = TAG.exec(html)); ) {
    if (match.index > at) yield { text: html.slice(at, match.index) };
    at = TAG.lastIndex;
    const [, slash, name, rest] = match;
    if (!name) continue;
    const tag = name.toLowerCase();
    if (slash) {
      yield { close: tag };
      continue;
    }
    const token = { open: tag, attributes: attributes(rest) };
    if (RAW.has(tag)) {
      const end = new RegExp(`</${tag}\\s*>`, 'i').exec(html.slice(at));
      const length = end ? end.index : html.length - at;
      token.content = html.slice(at, at + length);
      token.line = html.slice(0, at).split('\n').length - 1;
      at += length + (end ? end[0].length : 0);
      TAG.lastIndex = at;
      yield token;
    } else {
      yield token;
      if (VOID.has(tag)) yield { close: tag };
    }
  }
  if (at < html.length) yield { text: html.slice(at) };
}

function attributes(text) {
  const found = {};
  for (const [, name, double, single, bare] of text.matchAll(ATTRIBUTE)) {
    found[name.toLowerCase()] ??= double ?? single ?? bare ?? '';
  }
  return found;
}

/** The page that the test server makes of NAME.window.js or NAME.any.js. */
export function pageOfScript(pathname, source) {
  const meta = [...source.matchAll(/^\/\/ META: (\w+)=(.*)$/gm)];
  const of = (key) => meta.filter(([, name]) => name === key).map(([, , value]) => value.trim());
  const quote = (value) => value.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return [
    '<!doctype html><meta charset=utf-8>',
    ...of('timeout').map((value) => `<meta name="timeout" content="${quote(value)}">`),
    ...of('title').map((value) => `<title>${value}</title>`),
    '<script>self.GLOBAL = { isWindow: () => true, isWorker: () => false, isShadowRealm: () => false };</script>',
    '<script src="/resources/testharness.js"></script>',
    '<script src="/resources/testharnessreport.js"></script>',
    ...of('script').map((value) => `<script src="${quote(value)}"></script>`),
    '<div id=log></div>',
    `<script src="${quote(pathname)}"></script>`,
  ].join('\n');
}
