// Causes: failures that share a reason and a telling line, with how often, since
// when, where, and the runs behind each.

import { api } from './api.js';
import { h, words } from './dom.js';
import { addressOf } from './filters.js';
import { age, reasonBrief, reasonWords, runAddress } from './format.js';
import { number, t, tn } from './i18n.js';
import { trend } from './plot.js';

const MOST = 20;
const MOST_NAMES = 3;

function namesOf(label, names) {
  if (names.length === 0) return null;
  const rest = names.length - MOST_NAMES;
  return h('span', { title: names.join('\n') }, label, ' ', words(names.slice(0, MOST_NAMES).join(', ')), rest > 0 && ` ${t('and_more', { n: number(rest) })}`);
}

function item(cause, { since, kind }) {
  const [newest] = cause.newest;
  return h('li', { class: 'cause' },
    h('a', { class: 'cause-line', href: addressOf({ cause: cause.fingerprint, kind, since }) }, cause.telling_line ? words(cause.telling_line) : reasonBrief(cause.failure_reason)),
    trend(tn('runs_failed_n', cause.count), cause.trend),
    h('p', { class: 'facts' }, h('strong', {}, tn('times', cause.count)), h('span', {}, reasonWords(cause.failure_reason)),
      h('span', {}, t('first_time'), ' ', age(cause.first_seen)), h('span', {}, t('last_time'), ' ', age(cause.last_seen)),
      namesOf(t('kind'), cause.kinds), namesOf(t('runner'), cause.runners),
      newest && h('a', { href: runAddress(newest.id) }, t('newest_run'))));
}

/** The causes of a window, of one kind if `kind` names it. */
export async function readCauses({ window, kind }) {
  return (await api.causes({ window, kind, limit: MOST })).causes;
}

/** `within`: since when, and the kind that they are of, for the lists behind them. */
export function causeList(causes, within) {
  return h('ol', { class: 'causes' }, causes.map((one) => item(one, within)));
}
