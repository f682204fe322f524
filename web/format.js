// From the service's values to words. The decisions here are checked by the
// browser test.

import { h, icon, words } from './dom.js';
import { locale, spaced, t } from './i18n.js';
import { REASON_TEXTS } from './reason_texts.js';

// The platform's own sentences: no detail, so the reason's copy speaks.
const SENTINELS = new Set(['task expired in queue', 'runtime went offline',
  'runtime did not reconnect within the configured grace period', 'task timed out',
  'daemon restarted while task was in flight', 'retry was not picked up']);

const KINDS = new Set(['run', 'review', 'build', 'test', 'deploy', 'exec']);

// --- reasons --------------------------------------------------------------------

// Of each reason a few words, what happened, and what to do next.
const reasons = new Map(Object.entries(REASON_TEXTS[locale]));

/** Every reason of the taxonomy: `[wire, side]`. */
export const knownReasons = () => [...reasons.keys()].map((wire) => [wire, wire.startsWith('agent_error.') ? 'agent' : 'platform']);

function capital(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : text;
}

/** What happened, as a sentence; a value outside the taxonomy never shows raw. */
export function happened(wire) {
  return wire ? reasons.get(wire)?.[1] ?? capital(t('other_reason')) : '';
}

/** The same within a line, without its full stop. */
function happenedBriefly(wire) {
  return happened(wire).replace(/[.。]$/, '');
}

// Copy that sends its reader to the run's page says something else on that page.
const HERE = new Set(['agent_blocked', 'agent_error.process_failure', 'agent_error.unknown']);

/** What to do next, as far as the reason tells, for one who reads the run's page. */
export function nextStep(wire) {
  return HERE.has(wire) ? t(`next_${wire}`) : reasons.get(wire)?.[2] ?? '';
}

/** A few words for a list. */
export function reasonBrief(wire) {
  return wire ? capital(reasons.get(wire)?.[0] ?? t('other_reason')) : '';
}

/** The words of a reason, with the raw value on hover. */
export function reasonWords(wire) {
  return wire ? h('span', { class: 'reason', title: wire }, reasonBrief(wire)) : null;
}

// --- kinds and lines ------------------------------------------------------------

function kindKey(kind) {
  const name = String(kind ?? '').toLowerCase();
  return KINDS.has(name) ? name : null;
}

const ENDED = new Set(['succeeded', 'failed', 'timed_out', 'cancelled']);
export const hasEnded = (task) => ENDED.has(task.status);
export const hasFailed = (task) => task.status === 'failed' || task.status === 'timed_out';
/** It failed, and another attempt follows. */
export const isRetrying = (task) => task.status === 'queued' && task.attempt > 0 && Boolean(task.failure_reason);
export const isSilent = (task) => task.outcome === 'silent_noop';

/** The line of a run's own words that says what went wrong; empty for those of the platform. */
export function ownLine(task) {
  return SENTINELS.has((task.error_detail ?? '').trim()) ? '' : task.telling_line ?? '';
}

/** Why it failed or posted nothing, in its own words or else in the reason's; null for what went well. */
export function rowLine(task) {
  const silent = isSilent(task);
  if (!hasFailed(task) && !isRetrying(task) && !silent) return null;
  const own = ownLine(task);
  return own || (silent ? t('noop_no_detail') : happenedBriefly(task.failure_reason) || t('no_detail'));
}

/**
 * The line over a failed run or a silent no-op: what did not happen, and why.
 * Kinds without words of their own are called by their name. Null for all others.
 */
export function calmLine(task) {
  const why = rowLine(task);
  if (why === null) return null;
  const kind = kindKey(task.kind);
  const what = isSilent(task) ? t('posted_nothing', { kind: kind ? t(`kind_${kind}`) : task.kind })
    : kind ? t(`fail_${kind}`) : t('failed_kind', { kind: task.kind });
  return t('line', { what, why });
}

/** The same for an attempt that another one followed, or is to follow. */
export function attemptFailed(attempt) {
  const why = ownLine(attempt) || happenedBriefly(attempt.failure_reason) || t('no_detail');
  return t('line', { what: t('attempt_failed', { n: attempt.attempt }), why });
}

// --- badges ---------------------------------------------------------------------

const OUTCOMES = {
  delivered: ['good', 'check'], clean: ['good', 'empty'], silent_noop: ['warn', 'hollow'],
  unverified: ['plain', 'ask'], failed: ['bad', 'cross'], cancelled: ['plain', 'stop'],
};
const STATUSES = {
  queued: ['plain', 'wait'], running: ['busy', 'go'], posting_result: ['busy', 'go'],
  succeeded: ['good', 'check'], failed: ['bad', 'cross'], timed_out: ['bad', 'clock'], cancelled: ['plain', 'stop'],
};

/** What a run is, in a word, a tone and a shape: `[key, tone, shape]`. */
export function verdict(task) {
  if (task.status === 'timed_out') return ['status_timed_out', ...STATUSES.timed_out];
  if (task.outcome) return [`outcome_${task.outcome}`, ...OUTCOMES[task.outcome] ?? ['plain', 'ask']];
  if (task.status === 'queued' && task.attempt > 0) return ['retrying', 'busy', 'again'];
  return [`status_${task.status}`, ...STATUSES[task.status] ?? ['plain', 'wait']];
}

function pill(text, tone, shape, raw) {
  return h('span', { class: `badge ${tone}`, title: raw }, icon(shape), h('span', { class: 'badge-text' }, text));
}

export function badge(task) {
  const [key, tone, shape] = verdict(task);
  return pill(t(key, {}, task.outcome ?? task.status), tone, shape, task.outcome ?? task.status);
}

export function statusBadge(status) {
  const [tone, shape] = STATUSES[status] ?? ['plain', 'ask'];
  return pill(statusText(status), tone, shape, status);
}

/** It ended well after it had failed: by another attempt, or by a late word. */
export function hasRecovered(task) {
  if (task.status !== 'succeeded') return false;
  return task.attempt > 1
    || (task.attempts ?? []).some((one) => one.failure_reason && one.late_report?.status === 'succeeded');
}

export function recoveredBadge(task) {
  return hasRecovered(task) ? pill(t('recovered'), 'good', 'again', t('recovered_hint')) : null;
}

const STATES = { pending: ['busy', 'wait'], sent: ['good', 'check'], dead: ['bad', 'cross'], superseded: ['plain', 'again'] };

export function deliveryBadge(state) {
  const [tone, shape] = STATES[state] ?? ['plain', 'ask'];
  return pill(t(`state_${state}`, {}, state), tone, shape, state);
}

export function statusText(status) {
  return t(`status_${status}`, {}, status);
}

// --- times ----------------------------------------------------------------------

const short = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const dated = new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const long = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' });
const clockTime = new Intl.DateTimeFormat(locale, { timeStyle: 'medium', hourCycle: 'h23' });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });

function moment(value) {
  const at = new Date(value ?? NaN);
  return Number.isNaN(at.getTime()) ? null : at;
}

function timed(value, text, more = {}) {
  return h('time', { datetime: value, title: `${value}\n${long.format(new Date(value))}`, ...more }, text);
}

/** A moment in the reader's zone; the exact value on hover. */
export function time(value) {
  const at = moment(value);
  if (!at) return document.createTextNode('–');
  const format = at.getFullYear() === new Date().getFullYear() ? short : dated;
  return timed(value, spaced(format.format(at)));
}

export const clock = (date) => spaced(clockTime.format(date));

function ageText(at) {
  const seconds = (at.getTime() - Date.now()) / 1000;
  const size = Math.abs(seconds);
  if (size < 10) return t(seconds > 0 ? 'soon' : 'just_now');
  if (size < 60) return spaced(relative.format(Math.round(seconds), 'second'));
  if (size < 3600) return spaced(relative.format(Math.round(seconds / 60), 'minute'));
  if (size < 86400) return spaced(relative.format(Math.round(seconds / 3600), 'hour'));
  return spaced(relative.format(Math.round(seconds / 86400), 'day'));
}

/** How long ago, or until, it is; keeps its word as time goes by. */
export function age(value) {
  const at = moment(value);
  return at ? timed(value, ageText(at), { 'data-age': '' }) : document.createTextNode('–');
}

setInterval(() => {
  if (document.hidden) return;
  for (const one of document.querySelectorAll('time[data-age]')) {
    const text = ageText(new Date(one.dateTime));
    if (one.textContent !== text) one.textContent = text;
  }
}, 5000);

/** `1 hr 5 min`, `12.3 sec`, `340 ms`. */
export function length(ms) {
  const unit = (value, name) => spaced(new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: 1 }).format(value));
  if (ms < 1) return t('under_a_millisecond');
  if (ms < 1000) return unit(Math.round(ms), 'millisecond');
  if (ms < 60000) return unit(ms / 1000, 'second');
  const minutes = Math.round(ms / 60000);
  if (minutes < 60) return unit(minutes, 'minute');
  if (minutes < 2880) return `${unit(Math.floor(minutes / 60), 'hour')} ${unit(minutes % 60, 'minute')}`;
  return unit(Math.round(minutes / 1440), 'day');
}

/** The time between two moments; empty if an end is missing. */
export function span(from, to) {
  const [a, b] = [moment(from), moment(to)];
  return a && b && b >= a ? length(b - a) : '';
}

// --- addresses ------------------------------------------------------------------

/** An address that a person may follow; anything else stays text. */
export function link(value) {
  let address = null;
  try {
    address = new URL(value);
  } catch {
    return words(value);
  }
  if (address.protocol !== 'https:' && address.protocol !== 'http:') return words(value);
  return h('a', { href: address.href, rel: 'noreferrer noopener' }, words(value));
}

export const runAddress = (id) => `/runs/${encodeURIComponent(id)}`;
