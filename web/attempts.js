// The attempts of a run: each with its reason, what its runner said, and what the
// platform saw when it ended the attempt itself.

import { copyButton } from './clipboard.js';
import { h, plain, words } from './dom.js';
import { reasonWords, span, statusBadge, time } from './format.js';
import { number, t } from './i18n.js';

const LONG = 4000; // characters of a detail that are shown unasked

const unfolded = new Set(); // details that a reader opened, by their text

/** A runner's text as it is; of a very long one the beginning, and the rest on demand. */
export function said(text, name = t('detail')) {
  if (!text) return null;
  const pre = h('pre', { tabindex: 0, role: 'group', 'aria-label': name, dir: 'auto' });
  const isLong = text.length > LONG;
  const fold = isLong && h('button', { type: 'button', class: 'plain', 'data-focus': `fold-${text.length}`, onclick: () => {
    unfolded[unfolded.has(text) ? 'delete' : 'add'](text);
    draw();
  } });
  const draw = () => {
    const whole = !isLong || unfolded.has(text);
    pre.textContent = plain(whole ? text : `${text.slice(0, LONG)}…`);
    if (isLong) {
      fold.textContent = whole ? t('fold') : t('all_of_it', { n: number(text.length) });
      fold.setAttribute('aria-expanded', String(whole));
    }
  };
  draw();
  return h('div', { class: 'said-text' }, pre,
    h('p', { class: 'text-tools' }, copyButton(t('copy_detail'), `copy-${name}-${text.length}`, () => text), fold));
}

function evidenceOf(evidence) {
  const times = ['last_sign_of_life', 'lease_expires_at', 'due_at', 'looked_at'];
  const rows = Object.entries(evidence).map(([name, value]) => {
    const label = t(`evidence_${name}`, {}, name.replaceAll('_', ' '));
    if (typeof value === 'string' && (times.includes(name) || name.endsWith('_at'))) return [label, time(value)];
    if (name === 'sweep') return [label, h('span', { title: value }, t(`sweep_${value}`, {}, String(value).replaceAll('_', ' ')))];
    return [label, words(typeof value === 'object' ? JSON.stringify(value) : value)];
  });
  return h('div', { class: 'evidence' }, h('h4', {}, t('evidence')),
    h('dl', { class: 'pairs' }, rows.map(([label, value]) => h('div', {}, h('dt', {}, label), h('dd', {}, value)))));
}

function lateOf(late) {
  return h('div', { class: 'late' },
    h('h4', {}, t('late'), ' ', statusBadge(late.status)),
    h('p', { class: 'facts' }, h('span', {}, time(late.at)), reasonWords(late.failure_reason)),
    said(late.error_detail, t('late')));
}

/** What a runner said beside how it went. */
function besideOf(attempt) {
  const rows = [['attempt_note', attempt.note], ['branch', attempt.branch_name], ['reported_reason', attempt.reported_reason],
    ...(attempt.usage ?? []).map((used) => ['used', t('used_tokens', { model: used.model ?? t('unknown_model'), in: number(used.input_tokens), out: number(used.output_tokens) })])]
    .filter(([, value]) => value);
  return rows.length > 0 && h('dl', { class: 'pairs' }, rows.map(([name, value]) => h('div', {}, h('dt', {}, t(name)), h('dd', {}, words(value)))));
}

function factsOf(attempt, named) {
  const took = span(attempt.started_at, attempt.ended_at);
  return h('p', { class: 'facts' },
    named && h('span', {}, t('attempt', { n: attempt.attempt })),
    attempt.runner_id && h('span', { title: t('runner') }, words(attempt.runner_id)),
    h('span', {}, time(attempt.started_at)), took && h('span', {}, t('took_short', { time: took })),
    attempt.settled_by === 'reaper' && h('span', {}, t('swept')));
}

/** What makes attempts equal for a reader; a late report or evidence is one's own. */
function likeness(attempt) {
  return attempt.late_report || attempt.evidence || attempt.note || attempt.usage || attempt.branch_name ? `own ${attempt.attempt}`
    : JSON.stringify([attempt.status, attempt.failure_reason, attempt.error_detail]);
}

/** Neighbours that ended equally, newest first. */
export function grouped(attempts) {
  const groups = [];
  for (const one of [...attempts].sort((a, b) => b.attempt - a.attempt)) {
    const last = groups.at(-1);
    if (last && likeness(last[0]) === likeness(one)) last.push(one);
    else groups.push([one]);
  }
  return groups;
}

function groupItem(group) {
  const [attempt] = group;
  const many = group.length > 1;
  const tone = { succeeded: 'good', failed: 'bad', timed_out: 'bad', running: 'busy', posting_result: 'busy' }[attempt.status] ?? 'plain';
  return h('li', { class: `attempt ${tone}` },
    h('h3', {}, many ? t('attempts_range', { from: group.at(-1).attempt, to: attempt.attempt }) : t('attempt', { n: attempt.attempt }), ' ', statusBadge(attempt.status)),
    many ? h('details', { 'data-fold': `equal-${attempt.attempt}` }, h('summary', {}, t('ended_equally', { n: number(group.length) })), group.map((one) => factsOf(one, true))) : factsOf(attempt),
    attempt.failure_reason && h('p', { class: 'why' }, h('strong', {}, reasonWords(attempt.failure_reason)), h('code', {}, attempt.failure_reason)),
    said(attempt.error_detail),
    besideOf(attempt),
    attempt.evidence && evidenceOf(attempt.evidence),
    attempt.late_report && lateOf(attempt.late_report));
}

export function attemptList(attempts) {
  return h('ol', { class: 'attempts', reversed: true }, grouped(attempts).map(groupItem));
}
