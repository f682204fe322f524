// The last day at a glance: what failed, which green runs are lies, was everybody
// told, does every runner live.

import { api } from './api.js';
import { h } from './dom.js';
import { length, reasonBrief } from './format.js';
import { number, share, t, tn } from './i18n.js';

const READ_EVERY = 5000;

function tile({ href, value, label, hint, tone }) {
  return h('a', { class: `tile ${tone}`, href },
    h('span', { class: 'value' }, value), ' ', h('span', { class: 'label' }, label), ' ', h('span', { class: 'hint' }, hint));
}

function tiles(stats, runners) {
  const { failed, silent_noop: silent } = stats.outcomes;
  const { dead, pending, oldest_pending_seconds: oldest } = stats.deliveries;
  const [first] = stats.reasons;
  const list = [
    tile({ href: '/runs?outcome=failed&within=24h', value: number(failed), label: tn('runs_failed', failed), tone: failed ? 'bad' : 'calm',
      hint: first ? t('mostly', { what: reasonBrief(first.failure_reason), n: number(first.count) }) : t('no_failures_hint') }),
    tile({ href: '/runs?outcome=silent_noop&within=24h', value: number(silent), label: tn('runs_silent', silent), tone: silent ? 'warn' : 'calm',
      hint: stats.succeeded ? t('of_green', { share: share(stats.silent_noop_rate ?? 0), n: number(stats.succeeded) }) : t('no_green') }),
    tile({ href: dead ? '/deliveries?state=dead' : '/deliveries?state=pending', value: number(dead), label: tn('not_told', dead), tone: dead ? 'bad' : 'calm',
      hint: pending ? t('waiting_messages', { n: number(pending), oldest: length((oldest ?? 0) * 1000) }) : t('none_waiting') })];
  if (runners) {
    const alive = runners.runners.filter((one) => !one.silent).length;
    const silentOnes = runners.runners.length - alive;
    // Many a runner goes when its work is done: silence matters with work in hand.
    const stuck = runners.runners.some((one) => one.silent && one.active_tasks.length > 0);
    list.push(tile({ href: '/runners', value: `${number(alive)}${runners.next_cursor ? '+' : ''}`, label: tn('runners_alive', alive), tone: stuck ? 'warn' : 'calm',
      hint: stuck ? t('runners_stuck') : tn('n_silent', silentOnes) }));
  }
  return list;
}

let last = []; // what was read last: nothing jumps when one comes back

/** `{element, refresh()}`. What it cannot read it leaves out: the list matters more. */
export function glance() {
  const element = h('section', { class: 'glance', 'aria-label': t('last_24h') }, ...last);
  let read = 0;
  let shown = '';
  return {
    element,
    async refresh() {
      if (Date.now() - read < READ_EVERY) return;
      read = Date.now();
      const [stats, runners] = await Promise.allSettled([api.stats({ window: '24h' }), api.runners({ limit: 200 })]);
      element.hidden = stats.status !== 'fulfilled' && !shown;
      if (stats.status !== 'fulfilled') return;
      const made = tiles(stats.value, runners.status === 'fulfilled' ? runners.value : null);
      const print = made.map((one) => one.outerHTML).join();
      if (print === shown) return;
      shown = print;
      const focused = [...element.querySelectorAll('a')].indexOf(document.activeElement);
      last = [h('h2', { class: 'hidden' }, t('last_24h')), ...made];
      element.replaceChildren(...last);
      if (focused >= 0) element.querySelectorAll('a')[focused]?.focus({ preventScroll: true });
    },
  };
}
