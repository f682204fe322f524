// Runs that are picked, and what is done with all of them at once.

import { api } from './api.js';
import { ask } from './ask.js';
import { h, keepingFocus, say } from './dom.js';
import { hasEnded } from './format.js';
import { t, tn } from './i18n.js';
import { doAll } from './progress.js';

const DEEDS = {
  retry: { fits: hasEnded, does: api.retry, label: 'run_again_n', question: 'run_again_n_ask', working: 'running_again', done: 'done_retry_n', rest: 'not_ended_n' },
  cancel: { fits: (task) => !hasEnded(task), does: api.cancel, label: 'cancel_n', question: 'cancel_n_ask', working: 'cancelling', done: 'done_cancel_n', rest: 'ended_n', tone: 'danger' },
};

/**
 * What is picked among the runs of a list. `shown()` gives those, `changed()` is
 * called when a pick changes and `after()` once something was done.
 */
export function selection({ shown, changed, after }) {
  let picked = new Set();
  let last = null; // where a range begins
  const tools = h('div', { class: 'picked', hidden: true });
  const everything = h('input', { type: 'checkbox', 'aria-label': t('select_all'), title: t('select_all') });

  const tasks = () => shown().filter((task) => picked.has(task.id));

  const act = async (deed) => {
    const all = tasks();
    const fit = all.filter(deed.fits);
    const rest = all.length - fit.length;
    if (!(await ask({ title: tn(deed.question, fit.length), text: rest > 0 ? tn(deed.rest, rest) : null, action: tn(deed.label, fit.length), tone: deed.tone }))) return;
    const { done } = await doAll(t(deed.working), fit, (task) => deed.does(task.id));
    if (done > 0) say(tn(deed.done, done), 'good');
    clear();
    await after();
  };

  const draw = () => {
    const all = tasks();
    const count = shown().length;
    everything.checked = count > 0 && all.length === count;
    everything.indeterminate = all.length > 0 && all.length < count;
    tools.hidden = all.length === 0;
    const button = (name, deed) => {
      const n = all.filter(deed.fits).length;
      return n > 0 && h('button', { type: 'button', class: deed.tone ?? '', 'data-focus': name, onclick: () => act(deed) }, tn(deed.label, n));
    };
    keepingFocus(tools, () => tools.replaceChildren(...[h('span', { role: 'status' }, tn('n_selected', all.length)),
      button('retry-all', DEEDS.retry), button('cancel-all', DEEDS.cancel),
      h('button', { type: 'button', class: 'plain', 'data-focus': 'clear-picks', onclick: clear }, t('clear_selection'))].filter(Boolean)));
  };

  const clear = () => {
    picked = new Set();
    last = null;
    draw();
    changed();
  };
  everything.addEventListener('change', () => {
    picked = new Set(everything.checked ? shown().map((task) => task.id) : []);
    draw();
    changed();
  });

  return {
    tools, everything,
    /** Runs what is picked again, or cancels it if nothing of it has ended; else the one of `id`. */
    actOn(id) {
      if (tasks().length === 0 && id) this.toggle(id);
      const all = tasks();
      if (all.length > 0) act(all.some(hasEnded) ? DEEDS.retry : DEEDS.cancel);
    },
    has: (id) => picked.has(id),
    /** Picks a run or lets it go; with `range`, all from the one before. */
    toggle(id, range = false) {
      const ids = shown().map((task) => task.id);
      const [from, to] = [ids.indexOf(last), ids.indexOf(id)].sort((a, b) => a - b);
      const on = !picked.has(id);
      for (const one of range && from >= 0 ? ids.slice(from, to + 1) : [id]) picked[on ? 'add' : 'delete'](one);
      last = id;
      draw();
      changed();
    },
    /** What is no longer shown is no longer picked. */
    prune() {
      const there = new Set(shown().map((task) => task.id));
      picked = new Set([...picked].filter((id) => there.has(id)));
      draw();
    },
  };
}
