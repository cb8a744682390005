import assert from 'node:assert/strict';
import test from 'node:test';

import { pageOfScript, tokens } from '../page/html.mjs';

test('scripts come in order, with their lines and without being parsed', () => {
  const html = '<!doctype html>\n<meta name=timeout content="long">\n<script src=a.js></script>\n<script>if (1 < 2) "</p>";\n</script>';
  const found = [...tokens(html)].filter(({ open }) => open !== undefined);
  assert.deepEqual(found, [
    { open: 'meta', attributes: { name: 'timeout', content: 'long' } },
    { open: 'script', attributes: { src: 'a.js' }, content: '', line: 2 },
    { open: 'script', attributes: {}, content: 'if (1 < 2) "</p>";\n', line: 3 },
  ]);
});

test('comments hide what is in them, and attributes may contain an end of tag', () => {
  const found = [...tokens('<!-- <script>1</script> --><div id="a>b" hidden>text</div>')];
  assert.deepEqual(found, [
    { open: 'div', attributes: { id: 'a>b', hidden: '' } },
    { text: 'text' },
    { close: 'div' },
  ]);
});

test('a script without a page gets the one that its META lines ask for', () => {
  const page = pageOfScript('/webrtc/a.window.js', '// META: timeout=long\n// META: script=/common/gc.js\n');
  const sources = [...tokens(page)].filter(({ open }) => open === 'script').map(({ attributes }) => attributes.src);
  assert.deepEqual(sources.slice(-2), ['/common/gc.js', '/webrtc/a.window.js']);
  assert.ok(page.indexOf('timeout') < page.indexOf('testharness.js'));
});
