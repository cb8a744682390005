// Runs the Web Platform Tests of WebRTC in Node.js and compares with what is known. See README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { Expectations } from './expectations.mjs';
import { runPage } from './page_process.mjs';
import { table } from './report.mjs';

const USAGE = `node wpt/run.mjs [OPTION...] [FILE...]
  FILE          part of a test file's path; without any, the whole list
  --checkout D  the tests (default: WPT_DIR, then ~/.cache/wpt)
  --impl M      the module that installs the implementation on the global object (default: ours; none: nothing)
  --all         also runs what expectations.json skips or lists as "later", with the full time for everything
  --update      writes expectations.json
  --once        runs nothing again
  --jobs N      processes at a time (default: 2)
  --json OUT    writes every subtest's result
  --verbose     shows every subtest that does not pass, and what the tests print`;

/** How often a subtest is run again that is not as it should be; more of them than MANY in a file are no accident. */
const AGAIN = 3;
const MANY = 20;
/** How many lines about one file are shown without --verbose. */
const SHOWN = 12;
/** testharness.js ends a file after 10 s, or 60 s; then it needs a moment. */
const LIMIT = { normal: 13_000, long: 63_000 };
/** What one promise test gets of it. */
const PATIENCE = { normal: 5_000, long: 45_000 };

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    checkout: { type: 'string', default: process.env.WPT_DIR ?? join(homedir(), '.cache/wpt') },
    impl: { type: 'string', default: here('../node/js/global.js') },
    all: { type: 'boolean', default: false },
    update: { type: 'boolean', default: false },
    once: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
    json: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const browsers = JSON.parse(readFileSync(here('browsers.json'), 'utf8'));
const expectations = new Expectations(here('expectations.json'));
process.exitCode = (await main()) ? 0 : 1;

async function main() {
  const files = selected();
  if (files.length === 0) {
    console.log('No such test.');
    return false;
  }
  const outcomes = await inParallel(files, Number(options.jobs), judge);
  if (options.update) {
    for (const { file, result, flaky } of outcomes) if (result) expectations.update(result, total(file), flaky);
    expectations.save();
  }
  if (options.json) writeFileSync(options.json, JSON.stringify(Object.fromEntries(outcomes.map(plain)), null, 1));
  return report(outcomes);
}

/** The list, and what is named although it is not in it. */
function selected() {
  const list = Object.keys(browsers);
  if (wanted.length === 0) return list;
  return [...new Set(wanted.flatMap((name) => {
    const found = list.filter((file) => file.includes(name));
    return found.length === 0 && /\.(html|js)(\?|$)/.test(name) ? [name] : found;
  }))];
}

function total(file) {
  return browsers[file]?.subtests ?? 0;
}

/** Runs a file, again where it is not as it should be, and says what stays so and what changes. */
async function judge(file) {
  const skip = options.all ? undefined : expectations.skipped(file);
  if (skip !== undefined) return { file, skip, changes: [], flaky: [] };
  const result = await run(file);
  show(result);
  let changes = expectations.differences(result, total(file));
  const first = changes;
  const tries = options.once || changes.length > MANY ? 0 : AGAIN;
  for (let again = 0; again < tries && changes.length > 0; again += 1) {
    const names = new Set(expectations.differences(await run(file), total(file)).map(([name]) => name));
    changes = changes.filter(([name]) => names.has(name));
  }
  const flaky = first.filter((change) => !changes.includes(change)).map(([name]) => name ?? '(the file)');
  return { file, result, changes, flaky };
}

function run(file) {
  const known = options.all || options.update ? undefined : expectations.seconds(file);
  const length = isLong(file) ? 'long' : 'normal';
  const limit = known === undefined ? LIMIT[length] : known * 1000;
  const leftOut = options.all ? [] : expectations.leftOut(file);
  const { checkout, impl: implementation, verbose } = options;
  return runPage(file, { checkout, implementation, limit, patience: PATIENCE[length], leftOut, verbose });
}

function isLong(file) {
  try {
    const text = readFileSync(join(options.checkout, file.split('?')[0]), 'utf8');
    return /name=["']?timeout["']? content=["']?long|^\/\/ META: timeout=long/m.test(text);
  } catch {
    return false;
  }
}

function show({ file, subtests, trouble, elapsed, harness }) {
  const passed = passes(subtests);
  const note = trouble ?? (harness?.status === 'OK' ? '' : `${harness?.status}: ${harness?.message}`);
  console.log(`${String(passed).padStart(4)} of ${String(subtests.size).padStart(3)}  ${(elapsed / 1000).toFixed(1).padStart(5)} s  ${file}  ${note}`);
  if (!options.verbose) return;
  for (const [name, { status, message }] of subtests) if (status !== 'PASS') console.log(`      ${status}  ${name}\n            ${message}`);
}

function passes(subtests) {
  return [...subtests.values()].filter(({ status }) => status === 'PASS').length;
}

async function inParallel(items, jobs, work) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return results;
}

function report(outcomes) {
  const ours = new Map(outcomes.map(({ file, result }) => [file, result ? passes(result.subtests) : 0]));
  const skipped = outcomes.filter(({ skip }) => skip !== undefined);
  const flaky = outcomes.filter((outcome) => outcome.flaky.length > 0);
  const changed = outcomes.filter(({ changes }) => changes.length > 0);
  console.log();
  if (skipped.length > 0) console.log(`${skipped.length} files were not run, as expectations.json says.`);
  for (const outcome of flaky) list('Not the same in every run', outcome.file, outcome.flaky);
  if (!options.update) {
    for (const { file, changes } of changed) list('Not as expected', file, changes.map(([name, what]) => `${name ?? '(the file)'}: ${what}`));
  }
  console.log(table(browsers, ours));
  const [passed, wrong] = [[...ours.values()].reduce((sum, count) => sum + count, 0), changed.flatMap(({ changes }) => changes).length];
  console.log(`\nwpt result: ${passed} subtests pass, ${options.update ? 0 : wrong} are not as expected`);
  return options.update || wrong === 0;
}

function list(title, file, lines) {
  console.log(`${title}: ${file}`);
  const shown = options.verbose ? lines.length : SHOWN;
  for (const text of lines.slice(0, shown)) console.log(`    ${text.replace(/\s+/g, ' ').slice(0, 200)}`);
  if (lines.length > shown) console.log(`    and ${lines.length - shown} more`);
}

function plain({ file, result, skip }) {
  if (!result) return [file, { skip }];
  const { subtests, harness, trouble, elapsed } = result;
  return [file, { harness, trouble, elapsed: Math.round(elapsed), subtests: Object.fromEntries(subtests) }];
}
