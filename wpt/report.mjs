// The tables at the end of a run.

const COLUMNS = ['subtests', 'visavis', 'Chromium', 'Firefox', 'wrtc'];
const CLASSES = { A: 'no DOM, no media', B: 'media tracks', E: 'an element', W: 'a worker', X: 'a browser' };

/** Passes per folder and per class, ours beside the browsers'. `ours` maps a file to its number of passes. */
export function table(browsers, ours) {
  const folders = new Map();
  const classes = new Map();
  const whole = row();
  for (const [file, passed] of ours) {
    const counts = browsers[file];
    if (counts === undefined) continue;
    for (const [rows, key] of [[folders, file.split('/')[0]], [classes, counts.class]]) {
      if (!rows.has(key)) rows.set(key, row());
      add(rows.get(key), counts, passed);
    }
    add(whole, counts, passed);
  }
  const sorted = (rows) => [...rows].sort(([one], [other]) => (one < other ? -1 : 1));
  const lines = [
    ['', 'files', ...COLUMNS, ''],
    ...sorted(folders).map(([name, counts]) => line(name, counts)),
    ...sorted(classes).map(([name, counts]) => line(`class ${name}, ${CLASSES[name]}`, counts)),
    line('all', whole),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((cells) => String(cells[column]).length)));
  return lines
    .map((cells) => cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]) : String(cell).padStart(widths[at]))).join('  '))
    .join('\n');
}

function row() {
  return { files: 0, subtests: 0, visavis: 0, chromium: 0, firefox: 0, wrtc: 0 };
}

function add(sum, counts, passed) {
  sum.files += 1;
  sum.visavis += passed;
  for (const name of ['subtests', 'chromium', 'firefox', 'wrtc']) sum[name] += counts[name];
}

function line(name, sum) {
  const share = sum.subtests === 0 ? '' : `${((100 * sum.visavis) / sum.subtests).toFixed(1)} %`;
  return [name, sum.files, sum.subtests, sum.visavis, sum.chromium, sum.firefox, sum.wrtc, share];
}
