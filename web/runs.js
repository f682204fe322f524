// The list of runs, and the list of those that failed or delivered nothing.

import { api } from './api.js';
import { h, reconcile } from './dom.js';
import { badge, calmLine, kindText, reasonText, span, statusText, time } from './format.js';
import { t } from './i18n.js';

const PAGE = 50;
const OUTCOMES = ['delivered', 'clean', 'silent_noop', 'unverified', 'failed', 'cancelled'];
const STATUSES = ['queued', 'running', 'posting_result', 'succeeded', 'failed', 'timed_out', 'cancelled'];
const FILTERS = ['outcome', 'status', 'kind', 'failure_reason', 'runner_id', 'chat_session_id', 'since', 'until', 'q'];

/** One run as a list item. */
function runItem(task) {
  const line = calmLine(task);
  const facts = [kindText(task.kind), time(task.completed_at ?? task.started_at ?? task.created_at)];
  if (task.attempt > 1 || task.max_attempts > 1)
    facts.push(t('attempt_of', { n: task.attempt, m: task.max_attempts }));
  const took = span(task.started_at, task.completed_at);
  if (took) facts.push(took);
  if (task.failure_reason) facts.push(reasonText(task.failure_reason));
  return h('li', { class: 'run', 'data-print': JSON.stringify(task) },
    h('div', { class: 'run-head' },
      h('a', { class: 'run-title', href: `/runs/${encodeURIComponent(task.id)}` }, task.title || t('untitled')),
      badge(task)),
    line && h('p', { class: 'line' }, line),
    h('p', { class: 'facts' }, facts.map((one) => h('span', {}, one))));
}

function chooser(name, values, text, chosen) {
  return h('label', {}, h('span', {}, t(name)),
    h('select', { name }, h('option', { value: '' }, t('any')),
      values.map((value) => h('option', { value, selected: value === chosen }, text(value)))));
}

function filterForm(filters) {
  const form = h('form', { class: 'filters', method: 'get', action: location.pathname, role: 'search', 'aria-label': t('filter') },
    chooser('outcome', OUTCOMES, (value) => t(`outcome_${value}`), filters.outcome),
    chooser('status', STATUSES, statusText, filters.status),
    h('label', {}, h('span', {}, t('search')),
      h('input', { type: 'search', name: 'q', value: filters.q ?? '', maxlength: 200 })),
    h('button', { type: 'submit' }, t('filter')),
    Object.keys(filters).length > 0 && h('a', { href: location.pathname }, t('clear')));
  // Without the empty fields the address can be passed on.
  form.addEventListener('submit', () => {
    for (const field of form.elements) if (!field.value) field.disabled = true;
  });
  return form;
}

function emptyNote(what) {
  return h('div', { class: 'note', role: 'status' },
    h('p', { class: 'strong' }, t(what)), h('p', {}, t(`${what}_hint`)));
}

/** A list that `read(cursor)` fills: answers `{tasks, next_cursor}`. */
function listView(main, { title, form, read, empty }) {
  const list = h('ol', { class: 'runs', 'aria-label': title });
  const none = h('div');
  const more = h('button', { type: 'button', class: 'more', hidden: true }, t('more'));
  let tasks = [];
  let cursor = null;
  const show = () => {
    reconcile(list, tasks.map((task) => [task.id, runItem(task)]));
    none.replaceChildren(...(tasks.length === 0 ? [emptyNote(empty)] : []));
    more.hidden = !cursor;
  };
  more.addEventListener('click', async () => {
    more.disabled = true;
    try {
      const page = await read(cursor);
      const known = new Set(tasks.map((task) => task.id));
      tasks = tasks.concat(page.tasks.filter((task) => !known.has(task.id)));
      cursor = page.next_cursor;
      show();
    } finally {
      more.disabled = false;
    }
  });
  return {
    title,
    async load() {
      const page = await read(null);
      tasks = page.tasks;
      cursor = page.next_cursor;
      main.replaceChildren(h('h1', {}, title), form ?? '', none, list, more);
      show();
    },
    async refresh() {
      const page = await read(null);
      // Later pages, if somebody asked for them, stay below.
      const fresh = new Set(page.tasks.map((task) => task.id));
      const isLong = tasks.length > PAGE;
      tasks = isLong ? page.tasks.concat(tasks.filter((task) => !fresh.has(task.id))) : page.tasks;
      if (!isLong) cursor = page.next_cursor;
      show();
    },
  };
}

export function runsView(main) {
  const given = new URLSearchParams(location.search);
  const filters = {};
  for (const name of FILTERS) if (given.get(name)) filters[name] = given.get(name);
  return listView(main, {
    title: t('runs'),
    form: filterForm(filters),
    read: (cursor) => api.tasks({ ...filters, limit: PAGE, cursor }),
    empty: Object.keys(filters).length > 0 ? 'no_match' : 'no_runs',
  });
}

/** Both kinds of trouble in one list, newest first. */
export function failuresView(main) {
  const read = async () => {
    const [failed, silent] = await Promise.all(
      ['failed', 'silent_noop'].map((outcome) => api.tasks({ outcome, limit: 2 * PAGE })));
    const tasks = [...failed.tasks, ...silent.tasks]
      .sort((a, b) => (a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : 0));
    return { tasks, next_cursor: null };
  };
  return listView(main, { title: t('failures'), form: null, read, empty: 'no_failures' });
}
