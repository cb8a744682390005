// Numbers for people.

/** A share of a unit with three significant digits: 0.42, 8.31, 12.4, 812. */
export function digits(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
}

export function bytes(count) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (count >= 1000 && unit < units.length - 1) { count /= 1000; unit += 1; }
  return `${unit === 0 ? count : digits(count)} ${units[unit]}`;
}

/** A rate in bits per second. */
export function rate(bits) {
  if (bits === null) return '–';
  if (bits >= 1e9) return `${digits(bits / 1e9)} Gbit/s`;
  if (bits >= 1e6) return `${digits(bits / 1e6)} Mbit/s`;
  return `${digits(bits / 1e3)} kbit/s`;
}

export function milliseconds(ms) {
  if (ms === null) return '–';
  return ms >= 1000 ? `${digits(ms / 1000)} s` : `${digits(ms)} ms`;
}

/** Elapsed time as 7 s, 1:05 or 2:03:09. */
export function elapsed(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const two = (n) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A mark on a time axis whose marks are `step` apart, both in milliseconds. */
export function ticks(ms, step) {
  if (step >= 1000) return `${Math.round(ms / 1000)} s`;
  return `${step < 1 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
