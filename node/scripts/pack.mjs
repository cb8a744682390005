// Prepares what is published, in dist/: the package `visavis`, which is JavaScript alone, and for each platform whose
// addon is there a package `@visavis/PLATFORM`, which holds it. No package runs a script when it is installed.
//
//   node scripts/pack.mjs                    with the addon of this machine (npm run build)
//   node scripts/pack.mjs PLATFORM=FILE ...  with addons that were built elsewhere
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PLATFORMS } from './platforms.mjs';

const root = new URL('../', import.meta.url);
const dist = new URL('dist/', root);
const { platform } = createRequire(import.meta.url)('../native/platform.cjs');

const given = process.argv.slice(2).map((argument) => argument.split('='));
const addons = given.length > 0 ? given : [[platform(), fileURLToPath(new URL('native/visavis.node', root))]];

/** The members of package.json that installed packages need. */
const { name, version, description, license, repository, engines, main, types, exports } = JSON.parse(
  readFileSync(new URL('package.json', root), 'utf8'),
);

function write(directory, manifest) {
  writeFileSync(new URL('package.json', directory), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of ['LICENSE-MIT', 'LICENSE-APACHE']) copyFileSync(new URL(`../${file}`, root), new URL(file, directory));
}

rmSync(dist, { recursive: true, force: true });

const library = new URL(`${name}/`, dist);
for (const part of ['js', 'types', 'native/index.cjs', 'native/platform.cjs', 'README.md']) {
  cpSync(new URL(part, root), new URL(part, library), { recursive: true });
}
write(library, {
  name,
  version,
  description,
  license,
  repository,
  engines,
  main,
  types,
  exports,
  // Exactly this version: the addon and the classes around it are one program.
  optionalDependencies: Object.fromEntries(Object.keys(PLATFORMS).map((platform) => [`@visavis/${platform}`, version])),
});

for (const [platform, file] of addons) {
  const limits = PLATFORMS[platform];
  if (!limits) throw new Error(`${platform} is none of ${Object.keys(PLATFORMS).join(', ')}`);
  if (!existsSync(file)) throw new Error(`${file} is not there: npm run build`);
  const directory = new URL(`${platform}/`, dist);
  mkdirSync(directory, { recursive: true });
  copyFileSync(file, new URL('visavis.node', directory));
  write(directory, {
    name: `@visavis/${platform}`,
    version,
    description: `${description}: the addon for ${platform}`,
    license,
    repository,
    engines,
    main: './visavis.node',
    ...Object.fromEntries(Object.entries(limits).map(([limit, value]) => [limit, [value]])),
  });
}
