// Over the list: what failed in a period, which green runs posted nothing, what
// did not arrive. Follows the list's period and kind.

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

function tiles({ stats, mutes }, { within = PERIOD, kind }) {
  const period = t(`last_${within}`);
  const { failed, silent_noop: silent } = stats.outcomes;
  const { dead } = stats.deliveries;
  const [first] = stats.reasons;
  const runsOf = (outcome) => `/runs${query({ outcome, within, kind })}`;
  const said = (text) => `${period} · ${text}`;
  const none = t('nothing_finished');
  return [
    tile({ href: runsOf('failed'), value: number(failed), label: tn('runs_failed', failed), tone: failed ? 'bad' : 'calm',
      hint: said(first ? t('mostly', { what: reasonBrief(first.failure_reason), n: number(first.count) }) : stats.finished ? t('none_of', { n: number(stats.finished) }) : none) }),
    tile({ href: runsOf('silent_noop'), value: number(silent), label: tn('runs_silent', silent), tone: silent ? 'warn' : 'calm',
      hint: said(stats.succeeded ? t('of_green', { share: share(stats.silent_noop_rate ?? 0), n: number(stats.succeeded) }) : stats.finished ? t('no_green') : none) }),
    tile({ href: dead ? '/deliveries?state=dead' : '/deliveries?state=pending', value: number(dead), label: tn('not_told', dead), tone: dead ? 'bad' : 'calm',
      hint: `${t('now')} · ${unsent(stats.deliveries, mutes)}` })];
}

/** Mutes matter only to what is not sent. */
async function figures(asked) {
  const stats = await api.stats(asked);
  const mutes = stats.deliveries.pending > 0 ? (await api.mutes()).mutes : [];
  return { stats, mutes };
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
      let answer = null;
      try {
        answer = await newest(figures({ window: within ?? PERIOD, kind }));
      } catch {
        element.hidden = !shown;
      }
      if (!answer) return;
      element.hidden = false;
      const made = tiles(answer, { within, kind });
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
