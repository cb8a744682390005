// Builds the addon with cargo and puts it where native/index.cjs looks first.
//
//   node scripts/build.mjs             the profile of the tests
//   node scripts/build.mjs --release   the profile for use
import { spawnSync } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const release = process.argv.includes('--release');
const native = new URL('../native/', import.meta.url);

const cargo = spawnSync(
  'cargo',
  ['build', '--package', 'visavis-node', '--message-format', 'json-render-diagnostics', ...(release ? ['--release'] : [])],
  { cwd: fileURLToPath(native), stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: Infinity },
);
if (cargo.error) throw cargo.error;
if (cargo.status !== 0) process.exit(cargo.status ?? 1);

// Where it is depends on the target directory and the system; cargo says it.
const artifact = cargo.stdout
  .split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line) => JSON.parse(line))
  .findLast((message) => message.reason === 'compiler-artifact' && message.target.name === 'visavis_node');
const library = artifact.filenames.find((name) => /\.(so|dylib|dll)$/.test(name));

// A process that has the old file loaded keeps it: the new one takes its name, not its place.
const addon = fileURLToPath(new URL('visavis.node', native));
copyFileSync(library, `${addon}.new`);
renameSync(`${addon}.new`, addon);
