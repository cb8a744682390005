// Line plots over the last minute, and the timeline of state changes: plain canvas, colours from the style sheet.

const WINDOW_MS = 60_000;

/** A canvas whose drawing units are CSS pixels. */
function surface(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const context = canvas.getContext('2d');
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  context.font = `11px ${style.fontFamily}`;
  return { context, width, height, color };
}

/** The next round number that is not below `value`: 1, 2, 3, 5 times a power of ten. */
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 5, 10].find((step) => step * power >= value * 0.9999) * power;
}

export class Plot {
  #canvas;
  #series;
  #format;
  #floor;
  #legend;
  #pointer = null;

  /** `series`: [{color, label}]; `floor`: the least full scale; `format`: value to words. */
  constructor(canvas, legend, { series, floor, format }) {
    this.#canvas = canvas;
    this.#series = series.map((one) => ({ ...one, points: [], value: null }));
    this.#floor = floor;
    this.#format = format;
    this.#legend = this.#series.map(({ color, label }) => {
      const item = document.createElement('span');
      item.className = `key key-${color}`;
      const value = document.createElement('b');
      item.append(`${label} `, value);
      legend.append(item);
      return value;
    });
    canvas.addEventListener('pointermove', (event) => { this.#pointer = event.offsetX; this.draw(); });
    canvas.addEventListener('pointerleave', () => { this.#pointer = null; this.draw(); });
  }

  /** Adds a point now; `null` leaves a gap. */
  push(index, value, at = performance.now()) {
    const { points } = this.#series[index];
    points.push({ at, value });
    while (points.length > 2 && points[1].at < at - WINDOW_MS) points.shift();
  }

  clear() { for (const one of this.#series) one.points = []; }

  draw(now = performance.now()) {
    const { context: c, width, height, color } = surface(this.#canvas);
    if (width === 0) return;
    const box = { left: 0, right: width, top: 6, bottom: height - 18 };
    const visible = this.#series.flatMap((s) => s.points.filter((p) => p.value !== null && p.at >= now - WINDOW_MS).map((p) => p.value));
    const top = ceiling(Math.max(this.#floor, ...visible));
    const x = (at) => box.right - (now - at) / WINDOW_MS * (box.right - box.left);
    const y = (value) => box.bottom - value / top * (box.bottom - box.top);
    this.#grid(c, box, top, y, color);
    c.save();
    c.beginPath();
    c.rect(box.left, 0, box.right - box.left, box.bottom);
    c.clip();
    for (const one of this.#series) this.#line(c, one, x, y, box, color(one.color));
    c.restore();
    this.#scale(c, box, top, y, color);
    this.#readout(c, box, x, y, now, color);
  }

  #grid(c, box, top, y, color) {
    c.lineWidth = 1;
    for (const share of [0, 0.5, 1]) {
      const line = Math.round(y(top * share)) + 0.5;
      c.strokeStyle = color(share === 0 ? 'edge-strong' : 'grid');
      c.beginPath();
      c.moveTo(box.left, line);
      c.lineTo(box.right, line);
      c.stroke();
    }
    c.fillStyle = color('faint');
    c.textBaseline = 'top';
    for (const [share, label, align] of [[0, '60 s ago', 'left'], [0.5, '30 s', 'center'], [1, 'now', 'right']]) {
      c.textAlign = align;
      c.fillText(label, box.left + share * (box.right - box.left), box.bottom + 5);
    }
    c.textAlign = 'left';
  }

  /** The values of the grid lines, readable on top of whatever is drawn there. */
  #scale(c, box, top, y, color) {
    c.textBaseline = 'top';
    c.fillStyle = color('muted');
    c.strokeStyle = color('card');
    c.lineWidth = 4;
    c.lineJoin = 'round';
    for (const share of [0.5, 1]) {
      const label = this.#format(top * share);
      c.strokeText(label, box.left, y(top * share) + 4);
      c.fillText(label, box.left, y(top * share) + 4);
    }
    c.lineWidth = 1;
  }

  #line(c, { points }, x, y, box, color) {
    let run = [];
    const flush = () => {
      if (run.length > 0) {
        c.beginPath();
        run.forEach((p, i) => (i === 0 ? c.moveTo(x(p.at), y(p.value)) : c.lineTo(x(p.at), y(p.value))));
        c.strokeStyle = color;
        c.lineWidth = 1.75;
        c.lineJoin = 'round';
        c.stroke();
        c.lineTo(x(run.at(-1).at), box.bottom);
        c.lineTo(x(run[0].at), box.bottom);
        const fill = c.createLinearGradient(0, box.top, 0, box.bottom);
        fill.addColorStop(0, `${color}38`);
        fill.addColorStop(1, `${color}05`);
        c.fillStyle = fill;
        c.fill();
      }
      run = [];
    };
    for (const point of points) { if (point.value === null) flush(); else run.push(point); }
    flush();
  }

  /** The legend carries the latest values, or those under the pointer. */
  #readout(c, box, x, y, now, color) {
    const at = this.#pointer === null ? now : now - (box.right - this.#pointer) / (box.right - box.left) * WINDOW_MS;
    if (this.#pointer !== null) {
      c.strokeStyle = color('edge-strong');
      c.beginPath();
      c.moveTo(this.#pointer + 0.5, box.top);
      c.lineTo(this.#pointer + 0.5, box.bottom);
      c.stroke();
    }
    this.#series.forEach((one, index) => {
      const point = this.#pointer === null
        ? one.points.at(-1)
        : one.points.reduce((best, p) => (best && Math.abs(best.at - at) <= Math.abs(p.at - at) ? best : p), null);
      this.#legend[index].textContent = point && point.value !== null ? this.#format(point.value) : '–';
      if (point && point.value !== null) {
        c.fillStyle = color(one.color);
        c.beginPath();
        c.arc(Math.min(x(point.at), box.right - 2.5), y(point.value), 2.5, 0, 7);
        c.fill();
      }
    });
  }
}

/** Which of four tones a W3C state has. */
export function tone(state) {
  if (['connected', 'completed', 'open', 'stable', 'complete'].includes(state)) return 'good';
  if (['failed', 'disconnected'].includes(state)) return 'bad';
  if (['new', 'closed', undefined].includes(state)) return 'idle';
  return 'wait';
}

/**
 * State changes of both ends on one time axis. Setting up takes milliseconds and what follows takes minutes, so the
 * axis has two scales: set-up fills the left part, everything since then the right part.
 */
export class Timeline {
  #canvas;
  constructor(canvas) { this.#canvas = canvas; }

  /** `groups`: per end a list of rows, each a list of {at, state}; `until`: end of set-up or null. */
  draw({ groups, started, until, now, labels }) {
    const { context: c, width, height, color } = surface(this.#canvas);
    if (width === 0) return;
    const [row, gap] = [19, 8];
    // A little more than set-up itself, so that the last change and its name can be seen.
    const setup = Math.max((until ?? now) - started, 5) * (until === null ? 1 : 1.15);
    const split = until === null ? width : Math.round(width * 0.74);
    const rest = Math.max(now - started - setup, 1);
    const x = (at) => {
      const t = at - started;
      return t <= setup ? Math.max(0, t) / setup * split : split + 3 + (t - setup) / rest * (width - split - 3);
    };
    const bottom = height - 20;
    this.#axis(c, { setup, split, width, bottom, color, until, labels, rest });
    let top = 0;
    for (const rows of groups) {
      for (const changes of rows) {
        changes.forEach(({ at, state }, i) => {
          const end = x(changes[i + 1]?.at ?? now);
          this.#segment(c, { from: x(at), to: end, top, state, split }, color);
        });
        top += row;
      }
      top += gap;
    }
  }

  #axis(c, { setup, split, width, bottom, color, until, labels, rest }) {
    c.textBaseline = 'top';
    c.fillStyle = color('faint');
    const step = ceiling(setup / 6);
    for (let t = 0; t < setup; t += step) {
      const at = Math.round(t / setup * split) + 0.5;
      c.strokeStyle = color('grid');
      c.beginPath();
      c.moveTo(at, 0);
      c.lineTo(at, bottom + 2);
      c.stroke();
      c.textAlign = t === 0 ? 'left' : 'center';
      if (at < split - 24) c.fillText(t === 0 ? '0' : labels.ticks(t, step), at, bottom + 7);
    }
    if (until !== null) {
      c.textAlign = 'right';
      c.fillText(`now, ${labels.elapsed(rest + setup)}`, width, bottom + 7);
    }
    c.textAlign = 'left';
  }

  #segment(c, { from, to, top, state, split }, color) {
    const hue = color(tone(state));
    const left = from + 0.75;
    const length = Math.max(to - from - 1.5, 1.5);
    c.fillStyle = hue;
    c.globalAlpha = 0.2;
    const parts = left < split && left + length > split + 3
      ? [[left, split - left], [split + 3, left + length - split - 3]]
      : [[left, length]];
    for (const [at, wide] of parts) {
      c.beginPath();
      c.roundRect(at, top + 3, Math.max(wide, 1), 13, 2.5);
      c.fill();
    }
    c.globalAlpha = 1;
    c.fillRect(left, top + 3, 1.75, 13);
    c.textBaseline = 'middle';
    const room = parts[0][1];
    if (c.measureText(state).width + 11 < room) {
      c.fillStyle = color('text');
      c.globalAlpha = 0.86;
      c.fillText(state, left + 6.5, top + 10);
      c.globalAlpha = 1;
    }
  }
}
