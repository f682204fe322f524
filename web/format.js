// From the service's values to words, without touching the document (save
// `time`). The decisions here are checked by the browser test.

import { h } from './dom.js';
import { locale, t } from './i18n.js';

// The platform's own sentences: no detail, so the reason's copy speaks.
const SENTINELS = new Set(['task expired in queue', 'runtime went offline',
  'runtime did not reconnect within the configured grace period', 'task timed out',
  'daemon restarted while task was in flight']);

const OWN_PHRASE = new Set(['build', 'test', 'deploy', 'exec']);
const KINDS = new Set(['run', 'review', ...OWN_PHRASE]);
const LONGEST_LINE = 240;

const reasons = new Map();

/** Remembers the taxonomy's copy. */
export function learnReasons(list) {
  for (const one of list)
    reasons.set(one.failure_reason, one.copy?.[locale] ?? one.copy?.en ?? one.meaning);
}

/** A reason in words; a value outside the taxonomy never shows raw. */
export function reasonText(wire) {
  return wire ? reasons.get(wire) ?? t('no_detail') : '';
}

function kindKey(kind) {
  const plain = String(kind ?? '').toLowerCase();
  return KINDS.has(plain) ? plain : null;
}

export function kindText(kind) {
  const known = kindKey(kind);
  if (known) return t(`kind_${known}`);
  const words = String(kind ?? '').replace(/[-_.]+/g, ' ').trim();
  return words ? words[0].toUpperCase() + words.slice(1) : t('kind_run');
}

function firstLine(text) {
  const line = text.split('\n').map((one) => one.trim()).find((one) => one) ?? '';
  const characters = [...line];
  return characters.length > LONGEST_LINE ? `${characters.slice(0, LONGEST_LINE).join('')}…` : line;
}

const failed = (task) => task.status === 'failed' || task.status === 'timed_out';

/**
 * The calm line of a failed run or a silent no-op: what did not happen, and why,
 * in the words of the run's kind. Null for all others.
 */
export function calmLine(task) {
  const silent = task.outcome === 'silent_noop';
  if (!failed(task) && !silent) return null;
  const kind = kindKey(task.kind);
  const what = !silent && OWN_PHRASE.has(kind)
    ? t(`fail_${kind}`) : t('did_not', { kind: kindText(task.kind) });
  const said = (task.error_detail ?? '').trim();
  let why = said && !SENTINELS.has(said) ? firstLine(said) : '';
  why ||= silent ? t('noop_no_detail') : reasonText(task.failure_reason);
  return t('line', { kind: what, detail: why || t('no_detail') });
}

/** What a run is, in one word and one tone: `[key, tone]`. */
export function verdict(task) {
  const tones = { delivered: 'good', clean: 'good', silent_noop: 'warn', unverified: 'plain', failed: 'bad', cancelled: 'plain' };
  if (task.outcome === 'failed' && task.status === 'timed_out') return ['status_timed_out', 'bad'];
  if (task.outcome) return [`outcome_${task.outcome}`, tones[task.outcome] ?? 'plain'];
  return [`status_${task.status}`, task.status === 'queued' ? 'plain' : 'busy'];
}

export function badge(task) {
  const [key, tone] = verdict(task);
  return h('span', { class: `badge ${tone}` }, t(key, {}, task.outcome ?? task.status));
}

export function statusText(status) {
  return t(`status_${status}`, {}, status);
}

const short = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const long = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' });

/** A moment in the reader's zone; the exact value on hover. */
export function time(value) {
  if (!value) return document.createTextNode('–');
  const moment = new Date(value);
  if (Number.isNaN(moment.getTime())) return document.createTextNode('–');
  return h('time', { datetime: value, title: `${value}\n${long.format(moment)}` }, short.format(moment));
}

/** `1 h 5 min`, `12.3 s`; empty if an end is missing. */
export function span(from, to) {
  const ms = new Date(to).getTime() - new Date(from).getTime();
  if (!from || !to || Number.isNaN(ms) || ms < 0) return '';
  const unit = (value, name) => new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: 1 }).format(value);
  if (ms < 60000) return unit(ms / 1000, 'second');
  const minutes = Math.round(ms / 60000);
  if (minutes < 60) return unit(minutes, 'minute');
  return `${unit(Math.floor(minutes / 60), 'hour')} ${unit(minutes % 60, 'minute')}`;
}

/** An address that a person may follow; anything else stays text. */
export function link(value) {
  let address = null;
  try {
    address = new URL(value);
  } catch {
    return document.createTextNode(value);
  }
  if (address.protocol !== 'https:' && address.protocol !== 'http:') return document.createTextNode(value);
  return h('a', { href: address.href, rel: 'noreferrer noopener' }, value);
}
