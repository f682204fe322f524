// Which of the runs of a list were told to somebody: read beside the list, shown
// where it is known.

import { api } from './api.js';
import { h, icon } from './dom.js';
import { t, tn } from './i18n.js';

const MOST = 200;

/** Reads the newest messages, and those that did not arrive. */
export function tellings() {
  let known = new Map();
  return {
    async read() {
      const pages = await Promise.all([api.deliveries({ limit: MOST }), api.deliveries({ limit: MOST, state: 'dead' })]);
      const found = new Map();
      for (const one of pages.flatMap((page) => page.deliveries)) {
        const all = found.get(one.task_id) ?? new Map();
        all.set(one.id, one.state);
        found.set(one.task_id, all);
      }
      known = found;
    },
    /** Undefined if nothing is known. */
    of(task) {
      const states = [...known.get(task)?.values() ?? []];
      if (states.length === 0) return undefined;
      return { dead: states.filter((one) => one === 'dead').length, pending: states.filter((one) => one === 'pending').length, sent: states.filter((one) => one === 'sent').length };
    },
  };
}

/** A word on who was told; empty if nothing is known. */
export function toldMark(states) {
  if (!states) return null;
  const [tone, text] = states.dead ? ['bad', tn('mark_dead', states.dead)]
    : states.pending ? ['busy', tn('mark_pending', states.pending)] : ['', tn('mark_sent', states.sent)];
  return h('span', { class: `mark ${tone}`, title: t('deliveries') }, icon('note'), text);
}
