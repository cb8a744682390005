import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { Expectations } from '../expectations.mjs';

function result(statuses, more = {}) {
  const subtests = new Map(Object.entries(statuses).map(([name, status]) => [name, { status, message: null }]));
  return { file: 'a.html', subtests, complete: true, harness: null, trouble: null, last: 0, elapsed: 0, ...more };
}

test('what is not listed must pass, and what is listed must not', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'expectations-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'expectations.json');
  const first = new Expectations(path);
  assert.deepEqual(first.differences(result({ one: 'PASS', two: 'PASS' }), 2), []);
  assert.deepEqual(first.differences(result({ one: 'PASS', two: 'FAIL' }), 2), [['two', 'FAIL: no message']]);
  assert.deepEqual(first.differences(result({ one: 'PASS' }), 2), [[null, '1 subtests that passed did not run']]);
  assert.equal(first.differences(result({ one: 'PASS', two: 'PASS' }, { trouble: 'it ended with SIGSEGV' }), 2).length, 1);

  first.update(result({ one: 'PASS', two: 'FAIL' }), 2, []);
  first.save();
  const text = readFileSync(path, 'utf8').replace('to be sorted', 'later');
  assert.deepEqual(JSON.parse(text), { 'a.html': { pass: 1, fail: { later: ['two'] } } });
  const second = new Expectations(path);
  assert.deepEqual(second.differences(result({ one: 'PASS', two: 'TIMEOUT' }), 2), []);
  assert.equal(second.differences(result({ one: 'PASS', two: 'PASS' }), 2).length, 1);
  second.update(result({ one: 'PASS', two: 'PASS' }), 2, []);
  second.save();
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), {});
});

test('a subtest that is not the same in every run is not judged', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'expectations-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const known = new Expectations(join(directory, 'expectations.json'));
  known.update(result({ one: 'PASS', two: 'FAIL' }), 2, ['two']);
  assert.deepEqual(known.differences(result({ one: 'PASS', two: 'PASS' }), 2), []);
  assert.deepEqual(known.differences(result({ one: 'PASS', two: 'FAIL' }), 2), []);
});
