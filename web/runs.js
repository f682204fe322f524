// The list of runs: live, filtered, page by page.

import { api, latest } from './api.js';
import { h, printed, reconcile, words } from './dom.js';
import { gathered } from './events.js';
import { addressOf, asked, filterForm, readFilters } from './filters.js';
import { age, badge, calmLine, hasFailed, isSilent, kindText, ownWords, reasonWords, recoveredBadge, runAddress, span } from './format.js';
import { glance } from './glance.js';
import { parts, t, tn } from './i18n.js';
import { tellings, toldMark } from './told.js';

const PAGE = 50;
const MOST_SINGLE = 20; // runs that are looked up one by one

/** One run as a list item. `told`: what is known of its messages. */
export function runItem(task, told) {
  const line = calmLine(task);
  const took = span(task.started_at, task.completed_at);
  const troubled = hasFailed(task) || isSilent(task);
  const tone = hasFailed(task) ? 'bad' : isSilent(task) ? 'warn' : '';
  // Without words of its own the line has said the reason.
  const facts = [hasFailed(task) && !ownWords(task) ? null : reasonWords(task.failure_reason), kindText(task.kind), task.runner_id && h('span', { title: t('runner') }, words(task.runner_id)),
    task.attempt > 0 && (task.attempt > 1 || task.max_attempts > 1) && t('attempt_of', { n: task.attempt, m: task.max_attempts }),
    took && t('took_short', { time: took }), troubled && toldMark(told), waits(task)];
  return printed(h('li', { class: `run ${tone}` },
    h('div', { class: 'run-state' }, badge(task), recoveredBadge(task)),
    h('div', { class: 'run-what' },
      h('a', { class: 'run-title', href: runAddress(task.id), 'data-focus': task.id }, task.title ? words(task.title) : t('untitled')),
      line && h('p', { class: 'line', title: ownWords(task) ? null : task.failure_reason }, words(line)),
      h('p', { class: 'facts' }, facts.filter(Boolean).map((one) => (one instanceof Element ? one : h('span', {}, words(one)))))),
    h('div', { class: 'run-when' }, age(task.completed_at ?? task.started_at ?? task.created_at))), task, troubled ? told : 0);
}

/** Why it is not running: it is due later. */
function waits(task) {
  if (task.status !== 'queued' || !task.run_after || new Date(task.run_after) < new Date()) return null;
  const [before, after] = parts('next_attempt', 'when');
  return h('span', {}, before, age(task.run_after), after);
}

function emptyNote(filtered) {
  const what = filtered ? 'no_match' : 'no_runs';
  return h('div', { class: 'note', role: 'status' },
    h('p', { class: 'strong' }, t(what)), h('p', {}, t(`${what}_hint`)), filtered && h('a', { href: '/runs' }, t('clear')));
}

export function runsView() {
  const view = { title: t('runs') };
  const top = glance();
  const told = tellings();
  const list = h('ol', { class: 'runs', 'aria-label': t('runs') });
  const none = h('div');
  const fresh = h('button', { type: 'button', class: 'fresh', hidden: true });
  const pager = h('nav', { class: 'pager', 'aria-label': t('pages_of_list') });
  let filters = {};
  let form = null;
  let cursor = null;
  let next = null;
  let trail = [];
  let tasks = [];
  let waiting = 0;

  const readPage = () => api.tasks({ ...asked(filters), limit: PAGE, cursor });
  const newest = latest();

  const draw = () => {
    reconcile(list, tasks.map((task) => [task.id, runItem(task, told.of(task.id))]));
    list.hidden = tasks.length === 0;
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

  const readTold = async () => {
    if (!tasks.some((task) => hasFailed(task) || isSilent(task))) return;
    try {
      await told.read();
      draw();
    } catch {
      // Then the list does without it.
    }
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

  const readSoon = gathered(readTold, 1500);

  view.load = async (stage) => {
    await read();
    form = filterForm(filters);
    stage.append(h('h1', { tabindex: -1 }, t('runs')), top.element, form.form, h('div', { class: 'fresh-at', role: 'status' }, fresh), none, list, pager);
    draw();
    top.refresh();
    readTold();
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
    if (scroll !== undefined) scrollTo(0, scroll);
    else if (before !== cursor) {
      list.scrollIntoView({ block: 'start' });
      list.querySelector('a')?.focus({ preventScroll: true });
    }
    readTold();
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
    top.refresh();
    readSoon();
  };

  fresh.addEventListener('click', async () => {
    await read();
    draw();
    scrollTo(0, 0);
    list.querySelector('a')?.focus({ preventScroll: true });
  });

  // From run to run by arrows, once one of them has the focus.
  list.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    const links = [...list.querySelectorAll('a.run-title')];
    const to = links[links.indexOf(document.activeElement) + step];
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
  return view;
}
