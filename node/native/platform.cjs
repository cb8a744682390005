'use strict';

/** How the package for this machine is called: `linux-x64-gnu`, `darwin-arm64` ... */
function platform() {
  const { platform: system, arch } = process;
  if (system !== 'linux') return `${system}-${arch}`;
  // Without network interfaces the report takes no look-ups of names.
  process.report.excludeNetwork = true;
  const libc = process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl';
  return `${system}-${arch}-${libc}`;
}

module.exports = { platform };
