// Plots of ours: bars and a line, as accessible as the tables behind them.

import { h, s } from './dom.js';
import { number } from './i18n.js';

const WIDTH = 720;
const HEIGHT = 190;
const LEFT = 40;
const BOTTOM = 24;
const TOP = 10;

/** The least round number that is not below `most`: 1, 2, 5, 10, 20, … */
export function ceiling(most) {
  if (most <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 5, 10].map((one) => one * power).find((one) => one >= most);
}

const y = (value, top) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);

function frame(name, top, label, labels, body) {
  const step = Math.ceil(labels.length / 8);
  const wide = (WIDTH - LEFT) / Math.max(labels.length, 1);
  return s('svg', { class: 'plot', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'group', 'aria-label': name },
    [0, 0.5, 1].map((part) => [
      s('line', { class: 'grid', x1: LEFT, x2: WIDTH, y1: y(part * top, top), y2: y(part * top, top) }),
      s('text', { class: 'tick', x: LEFT - 8, y: y(part * top, top) + 4, 'text-anchor': 'end', 'aria-hidden': 'true' }, label(part * top))]),
    labels.map((text, i) => (i % step === 0
      ? s('text', { class: 'tick', x: LEFT + wide * (i + 0.5), y: HEIGHT - 6, 'text-anchor': 'middle', 'aria-hidden': 'true' }, text) : null)),
    body(wide));
}

/**
 * Bars, one per bucket: `{label, name, href, parts: [[value, class], …]}`. Each is
 * a link to what it counts.
 */
export function bars(name, buckets) {
  const sum = (one) => one.parts.reduce((all, [value]) => all + value, 0);
  const top = ceiling(Math.max(...buckets.map(sum), 0));
  return frame(name, top, number, buckets.map((one) => one.label), (wide) => buckets.map((one, i) => {
    let base = 0;
    const pieces = one.parts.filter(([value]) => value > 0).map(([value, tone]) => {
      const from = y(base, top);
      base += value;
      const to = y(base, top);
      return s('rect', { class: tone, x: LEFT + wide * i + wide * 0.14, width: wide * 0.72, y: to, height: Math.max(from - to - (base === value ? 0 : 1), 1) });
    });
    const hit = s('rect', { class: 'hit', x: LEFT + wide * i, width: wide, y: TOP, height: HEIGHT - TOP - BOTTOM });
    return base > 0
      ? s('a', { href: one.href, 'aria-label': one.name, 'data-focus': `bar-${i}` }, s('title', {}, one.name), hit, pieces)
      : s('g', {}, s('title', {}, one.name), hit);
  }));
}

/** The least of these shares that is not below `most`. */
function shareCeiling(most) {
  return [0.1, 0.2, 0.5, 1].find((one) => one >= most) ?? 1;
}

/** A line through `{label, name, value}`, values from 0 to 1 or null for none. */
export function line(name, buckets, label) {
  const top = shareCeiling(Math.max(...buckets.map((one) => one.value ?? 0)));
  return frame(name, top, label, buckets.map((one) => one.label), (wide) => {
    const x = (i) => LEFT + wide * (i + 0.5);
    const runs = [[]];
    buckets.forEach((one, i) => {
      if (one.value === null) runs.push([]);
      else runs.at(-1).push(`${x(i)},${y(one.value, top)}`);
    });
    return [runs.filter((run) => run.length > 1).map((run) => s('polyline', { class: 'rate', points: run.join(' ') })),
      buckets.map((one, i) => (one.value === null ? null : s('circle', { class: 'rate-dot', cx: x(i), cy: y(one.value, top), r: 4 }, s('title', {}, one.name))))];
  });
}

/** A row of small bars, one a bucket; the highest is as high as the row. */
export function trend(name, counts) {
  const top = Math.max(...counts, 1);
  const wide = 100 / Math.max(counts.length, 1);
  return s('svg', { class: 'trend', viewBox: '0 0 100 20', preserveAspectRatio: 'none', role: 'img', 'aria-label': name },
    counts.map((n, i) => (n > 0 ? s('rect', { x: i * wide + wide * 0.1, width: wide * 0.8, y: 20 - Math.max(20 * n / top, 1), height: Math.max(20 * n / top, 1) }) : null)));
}

/** A share of a whole, as a bar behind words. */
export function meter(value, tone = 'c0') {
  return s('svg', { class: 'meter', viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    s('rect', { class: 'ground', width: 100, height: 6 }), s('rect', { class: tone, width: Math.round(value * 1000) / 10, height: 6 }));
}

/** A table of `heads` and `rows`, whose first cells name their row. */
export function table(caption, heads, rows) {
  return h('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': caption },
    h('table', {}, h('caption', { class: 'hidden' }, caption),
      h('thead', {}, h('tr', {}, heads.map((one) => h('th', { scope: 'col' }, one)))),
      h('tbody', {}, rows.map((cells) => h('tr', {}, cells.map((cell, i) => (i === 0 ? h('th', { scope: 'row' }, cell) : h('td', {}, cell))))))));
}
