// Which of the runs of a list were told to somebody: read beside the list, shown
// where it is known.

import { api, latest } from './api.js';
import { h, icon, words } from './dom.js';
import { t } from './i18n.js';

const MOST = 200;

/** Reads the newest messages, and those that did not arrive. */
export function tellings() {
  let known = new Map();
  const newest = latest();
  return {
    async read() {
      const pages = await newest(Promise.all([api.deliveries({ limit: MOST }), api.deliveries({ limit: MOST, state: 'dead' })]));
      if (!pages) return;
      const found = new Map();
      for (const one of pages.flatMap((page) => page.deliveries)) {
        const all = found.get(one.task_id) ?? new Map();
        all.set(one.id, [one.state, one.relay]);
        found.set(one.task_id, all);
      }
      known = found;
    },
    /** What is known of a run's messages: state and target of each. */
    of(task) {
      const all = known.get(task);
      return all ? [...all.values()] : undefined;
    },
  };
}

const KINDS = [['dead', 'bad', 'mark_dead'], ['pending', 'busy', 'mark_pending'], ['sent', '', 'mark_sent']];

/** A word on who was told, the worst first; nothing if nothing is known. */
export function toldMark(messages) {
  for (const [state, tone, text] of KINDS) {
    const targets = [...new Set((messages ?? []).filter(([one]) => one === state).map(([, target]) => target))].sort();
    if (targets.length > 0)
      return h('span', { class: `mark ${tone}`, title: t('mark_who', { what: t(text), who: targets.join(', ') }) }, icon('note'), t(text), h('span', { class: 'who' }, ': ', words(targets.join(', '))));
  }
  return null;
}
