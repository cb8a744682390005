// What is known about subtests that do not pass: expectations.json.
//
//   FILE: { "skip": REASON }                                not run, unless with --all
//   FILE: { "pass": N, "seconds": S, "fail": { REASON: [SUBTEST, ...] }, "flaky": [SUBTEST, ...] }
//
// "pass" counts the subtests that pass and are not flaky; without an entry for a file, all of its subtests must pass.
// Promise tests whose REASON begins with "later" or "hangs" are not begun, unless with --all. "seconds" is the time a file gets that does not come to its end. A REASON is short and may be edited by hand:
// --update keeps the reasons of those subtests that still fail.
import { readFileSync, writeFileSync } from 'node:fs';

const UNSORTED = 'to be sorted';

export class Expectations {
  #path;
  #files;

  constructor(path) {
    this.#path = path;
    try {
      this.#files = JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
      this.#files = {};
    }
  }

  /** Why a file is not run at all; undefined if it is. */
  skipped(file) {
    return this.#files[file]?.skip;
  }

  /** The seconds that a file gets which does not end by itself. */
  seconds(file) {
    return this.#files[file]?.seconds;
  }

  /** The subtests that are not begun. */
  leftOut(file) {
    const fail = Object.entries(this.#files[file]?.fail ?? {});
    return fail.flatMap(([reason, names]) => (/^(later|hangs)/.test(reason) ? names : []));
  }

  /** The differences between a run of a file and what is known: [SUBTEST or null, what it is]. */
  differences(result, total) {
    const entry = this.#files[result.file] ?? { pass: total };
    const failing = new Set(Object.values(entry.fail ?? {}).flat());
    const flaky = new Set(entry.flaky ?? []);
    const found = [];
    let passed = 0;
    for (const [name, { status, message }] of result.subtests) {
      if (flaky.has(name)) continue;
      if (status === 'PASS') passed += 1;
      if (status === 'PASS' && failing.has(name)) found.push([name, 'passes, and is listed as failing']);
      if (status !== 'PASS' && !failing.has(name)) found.push([name, `${status}: ${message ?? 'no message'}`]);
    }
    const missing = (entry.pass ?? 0) - passed - found.filter(([name]) => !failing.has(name)).length;
    if (missing > 0) found.push([null, `${missing} subtests that passed did not run`]);
    if (result.trouble !== null && !['its time was over', 'it did not end'].includes(result.trouble)) {
      found.push([null, result.trouble]);
    }
    return found;
  }

  /** Takes a run of a file as what is known from now on. */
  update(result, total, flaky) {
    const before = this.#files[result.file] ?? {};
    if (before.skip !== undefined && result.subtests.size === 0) return;
    const reasons = new Map(Object.entries(before.fail ?? {}).flatMap(([reason, names]) => names.map((name) => [name, reason])));
    const unstable = new Set([...(before.flaky ?? []), ...flaky].filter((name) => result.subtests.has(name)));
    const entry = { pass: 0 };
    const fail = {};
    for (const [name, { status }] of result.subtests) {
      if (unstable.has(name)) continue;
      if (status === 'PASS') entry.pass += 1;
      else (fail[reasons.get(name) ?? before.skip ?? UNSORTED] ??= []).push(name);
    }
    if (!result.complete) entry.seconds = Math.ceil(2 + (1.5 * result.last) / 1000);
    if (Object.keys(fail).length > 0) entry.fail = fail;
    if (unstable.size > 0) entry.flaky = [...unstable].sort();
    if (entry.pass === total && entry.fail === undefined && entry.flaky === undefined) delete this.#files[result.file];
    else this.#files[result.file] = entry;
  }

  save() {
    const sorted = Object.fromEntries(Object.entries(this.#files).sort(([one], [other]) => (one < other ? -1 : 1)));
    writeFileSync(this.#path, `${JSON.stringify(sorted, null, 1)}\n`);
  }
}
