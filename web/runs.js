// The list of runs: live, filtered, page by page.

import { api, latest } from './api.js';
import { choice } from './ask.js';
import { h, reconcile } from './dom.js';
import { exportMenu } from './export.js';
import { addressOf, asked, filterForm, readFilters } from './filters.js';
import { glance } from './glance.js';
import { number, t, tn } from './i18n.js';
import { runItem } from './row.js';
import { viewsMenu } from './saved_views.js';
import { selection } from './selection.js';
import { remember, remembered } from './storage.js';

const PAGE = 50;
const MOST_SINGLE = 20; // runs that are looked up one by one

function emptyNote(filtered) {
  const what = filtered ? 'no_match' : 'no_runs';
  return h('div', { class: 'note', role: 'status' },
    h('p', { class: 'strong' }, t(what)), h('p', {}, t(`${what}_hint`)), filtered && h('a', { href: '/runs' }, t('clear')));
}

/** Rows of one line or of a few, as the reader chose before. */
function densityChoice(list) {
  const now = () => (remembered('density') === 'comfortable' ? 'comfortable' : 'dense');
  const apply = (density) => list.classList.toggle('dense', density === 'dense');
  const chooser = choice('density', ['dense', 'comfortable'].map((one) => [one, t(`density_${one}`)]), now(), { 'aria-label': t('density') });
  chooser.addEventListener('change', () => {
    remember('density', chooser.value);
    apply(chooser.value);
  });
  apply(now());
  return chooser;
}

export function runsView() {
  const view = { title: t('runs'), mayWrite: false };
  const top = glance();
  const list = h('ol', { class: 'runs', 'aria-label': t('runs') });
  const none = h('div');
  const fresh = h('button', { type: 'button', class: 'fresh', hidden: true });
  const pager = h('nav', { class: 'pager', 'aria-label': t('pages_of_list') });
  const total = h('p', { class: 'total', role: 'status' });
  let filters = {};
  let form = null;
  let cursor = null;
  let next = null;
  let trail = [];
  let tasks = [];
  let waiting = 0;
  const picks = selection({ shown: () => tasks, changed: () => drawRows(), after: () => view.renew({}) });

  const readPage = () => api.tasks({ ...asked(filters), limit: PAGE, cursor });
  const newest = latest();

  const drawRows = () => reconcile(list, tasks.map((task) => [task.id, runItem(task, {
    picked: picks.has(task.id), onPick: view.mayWrite ? picks.toggle : null })]));

  const draw = () => {
    drawRows();
    picks.prune();
    const text = tasks.length === 0 ? '' : cursor || next ? t(next ? 'runs_shown_more' : 'runs_shown_last', { n: number(tasks.length), page: number(trail.length + 1) }) : tn('n_runs', tasks.length);
    if (total.textContent !== text) total.textContent = text;
    list.hidden = tasks.length === 0;
    // Figures of an empty database would only say that all is well.
    top.element.classList.toggle('nothing', tasks.length === 0 && Object.keys(filters).length === 0 && !cursor);
    none.replaceChildren(...(tasks.length === 0 ? [emptyNote(Object.keys(filters).length > 0 || cursor)] : []));
    fresh.hidden = waiting === 0;
    fresh.textContent = waiting > 0 ? tn(waiting >= PAGE ? 'new_runs_more' : 'new_runs', waiting) : '';
    form.suggest(tasks);
    drawPager();
  };

  const drawPager = () => {
    const to = (at, on, word, name) => h('a', { class: 'button', href: addressOf(filters, { cursor: at }), 'data-trail': JSON.stringify(on), rel: name, 'data-focus': name }, word);
    pager.hidden = !cursor && !next;
    const back = trail.at(-1);
    pager.replaceChildren(...[
      cursor && to(null, [], t('newest'), 'first'),
      cursor && trail.length > 1 && to(back, trail.slice(0, -1), `← ${t('newer')}`, 'prev'),
      next && to(next, [...trail, cursor ?? ''], `${t('older')} →`, 'next')].filter(Boolean));
  };

  const read = async () => {
    filters = readFilters();
    cursor = new URLSearchParams(location.search).get('cursor');
    trail = history.state?.trail ?? [];
    const page = await newest(readPage());
    if (!page) return;
    tasks = page.tasks;
    next = page.next_cursor;
    waiting = 0;
  };

  view.load = async (stage) => {
    await read();
    form = filterForm(filters);
    picks.everything.hidden = !view.mayWrite;
    stage.append(h('h1', { class: 'hidden', tabindex: -1 }, t('runs')), top.element,
      h('div', { class: 'work-top' }, form.form,
        h('div', { class: 'list-bar' }, h('label', { class: 'pick' }, picks.everything), total, h('div', { class: 'fresh-at', role: 'status' }, fresh), picks.tools,
          h('div', { class: 'list-tools' }, form.clear, viewsMenu(() => addressOf(filters)), exportMenu(() => filters), densityChoice(list)))),
      none, list, pager);
    draw();
    top.refresh(filters);
  };

  view.renew = async ({ scroll }) => {
    const before = cursor;
    form.set(readFilters());
    list.setAttribute('aria-busy', 'true');
    try {
      await read();
    } finally {
      list.removeAttribute('aria-busy');
    }
    draw();
    top.refresh(filters);
    if (scroll !== undefined) scrollTo(0, scroll);
    else if (before !== cursor) {
      list.scrollIntoView({ block: 'start' });
      list.querySelector('a')?.focus({ preventScroll: true });
    }
  };

  /** May rows move without somebody's click going astray? */
  const isQuiet = () => scrollY < 40 && !list.matches(':hover') && !list.contains(document.activeElement);

  /** The page, and what is known of tasks on the screen. */
  const readAgain = async (changed) => {
    const page = await readPage();
    const found = new Map(page.tasks.map((task) => [task.id, task]));
    // What left this page, or the filter, is still on the screen and must not lie.
    const lost = tasks.filter((task) => changed.has(task.id) && !found.has(task.id)).slice(0, MOST_SINGLE);
    for (const one of await Promise.allSettled(lost.map((task) => api.task(task.id))))
      if (one.status === 'fulfilled') found.set(one.value.id, one.value);
    return { page, found };
  };

  view.refresh = async (changed) => {
    if (list.getAttribute('aria-busy') === 'true') return; // another page is coming
    const answers = await newest(readAgain(changed));
    if (!answers) return;
    const { page, found } = answers;
    const shown = new Set(tasks.map((task) => task.id));
    if (cursor || !isQuiet()) {
      waiting = cursor ? 0 : page.tasks.filter((task) => !shown.has(task.id)).length;
      tasks = tasks.map((task) => found.get(task.id) ?? task);
    } else {
      tasks = page.tasks;
      next = page.next_cursor;
      waiting = 0;
    }
    draw();
    top.refresh(filters);
  };

  fresh.addEventListener('click', async () => {
    await read();
    draw();
    scrollTo(0, 0);
    list.querySelector('a')?.focus({ preventScroll: true });
  });

  // From run to run, once one of them has the focus.
  list.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey || !event.target.matches('a.run-title')) return;
    event.preventDefault();
    view.move(step);
  });

  // --- keys ----------------------------------------------------------------------

  const links = () => [...list.querySelectorAll('a.run-title')];
  const focusedRow = () => document.activeElement?.closest?.('ol.runs > li')?.dataset.key ?? null;
  view.move = (step) => {
    const all = links();
    const at = all.findIndex((one) => one.closest('li').dataset.key === focusedRow());
    const to = at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[at + step];
    to?.focus({ preventScroll: true });
    to?.closest('li').scrollIntoView({ block: 'nearest' });
  };
  view.pick = () => { if (view.mayWrite && focusedRow()) picks.toggle(focusedRow()); };
  view.act = () => { if (view.mayWrite) picks.actOn(focusedRow()); };
  return view;
}
