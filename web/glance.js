// Over the list: what failed in a period, which green runs posted nothing, what
// did not arrive, does every runner live. Follows the list's period and kind.

import { api, latest, query } from './api.js';
import { h } from './dom.js';
import { length, reasonBrief } from './format.js';
import { number, share, t, tn } from './i18n.js';

const READ_EVERY = 5000;
const PERIOD = '24h';

function tile({ href, value, label, hint, tone }) {
  return h('a', { class: `tile ${tone}`, href },
    h('span', { class: 'value' }, value), ' ', h('span', { class: 'label' }, label), ' ', h('span', { class: 'hint' }, hint));
}

/** What is not sent yet: what a mute has is held, the others wait. */
export function unsent({ pending, oldest_pending_seconds: oldest }, mutes) {
  const held = Math.min(pending, mutes.reduce((sum, one) => sum + one.waiting, 0));
  const waiting = pending - held;
  return [waiting > 0 ? t('waiting_messages', { n: number(waiting), oldest: length((oldest ?? 0) * 1000) }) : t('none_waiting'),
    held > 0 && tn('held_messages', held)].filter(Boolean).join(' · ');
}

function tiles({ stats, runners, mutes }, { within = PERIOD, kind }) {
  const period = t(`last_${within}`);
  const { failed, silent_noop: silent } = stats.outcomes;
  const { dead } = stats.deliveries;
  const [first] = stats.reasons;
  const runsOf = (outcome) => `/runs${query({ outcome, within, kind })}`;
  const said = (text) => `${period} · ${text}`;
  const none = t('nothing_finished');
  const list = [
    tile({ href: runsOf('failed'), value: number(failed), label: tn('runs_failed', failed), tone: failed ? 'bad' : 'calm',
      hint: said(first ? t('mostly', { what: reasonBrief(first.failure_reason), n: number(first.count) }) : stats.finished ? t('no_failures_hint') : none) }),
    tile({ href: runsOf('silent_noop'), value: number(silent), label: tn('runs_silent', silent), tone: silent ? 'warn' : 'calm',
      hint: said(stats.succeeded ? t('of_green', { share: share(stats.silent_noop_rate ?? 0), n: number(stats.succeeded) }) : stats.finished ? t('no_green') : none) }),
    tile({ href: dead ? '/deliveries?state=dead' : '/deliveries?state=pending', value: number(dead), label: tn('not_told', dead), tone: dead ? 'bad' : 'calm',
      hint: `${t('now')} · ${unsent(stats.deliveries, mutes)}` })];
  if (runners) {
    const alive = runners.runners.filter((one) => !one.silent).length;
    const silentOnes = runners.runners.length - alive;
    // Many a runner goes when its work is done: silence matters with work in hand.
    const stuck = runners.runners.some((one) => one.silent && one.active_tasks.length > 0);
    list.push(tile({ href: '/runners', value: `${number(alive)}${runners.next_cursor ? '+' : ''}`, label: tn('runners_alive', alive), tone: stuck ? 'warn' : 'calm',
      hint: `${t('now')} · ${stuck ? t('runners_stuck') : tn('n_silent', silentOnes)}` }));
  }
  return list;
}

let last = []; // what was read last: nothing jumps when one comes back

/** `{element, refresh(filters)}`. What it cannot read it leaves out: the list matters more. */
export function glance() {
  const element = h('section', { class: 'glance', 'aria-label': t('at_a_glance') }, ...last);
  const newest = latest();
  let read = 0;
  let asked = '';
  let shown = '';
  return {
    element,
    async refresh({ within, kind } = {}) {
      const question = query({ window: within ?? PERIOD, kind });
      if (question === asked && Date.now() - read < READ_EVERY) return;
      read = Date.now();
      asked = question;
      const answers = await newest(Promise.allSettled([api.stats({ window: within ?? PERIOD, kind }), api.runners({ limit: 200 }), api.mutes()]));
      if (!answers) return;
      const [stats, runners, mutes] = answers.map((one) => one.value ?? null);
      element.hidden = !stats && !shown;
      if (!stats) return;
      const made = tiles({ stats, runners, mutes: mutes?.mutes ?? [] }, { within, kind });
      const print = made.map((one) => one.outerHTML).join();
      if (print === shown) return;
      shown = print;
      const focused = [...element.querySelectorAll('a')].indexOf(document.activeElement);
      last = [h('h2', { class: 'hidden' }, t('at_a_glance')), ...made];
      element.replaceChildren(...last);
      if (focused >= 0) element.querySelectorAll('a')[focused]?.focus({ preventScroll: true });
    },
  };
}
