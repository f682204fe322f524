// Runs as a file for a table or a program.

import { api } from './api.js';
import { h, say } from './dom.js';
import { asked } from './filters.js';
import { number, t, tn } from './i18n.js';
import { menu } from './menu.js';
import { whileShown } from './progress.js';

const PAGE = 200;
export const MOST_EXPORTED = 10000;

const COLUMNS = ['id', 'title', 'kind', 'status', 'outcome', 'failure_reason', 'telling_line', 'cause', 'error_detail', 'attempt', 'max_attempts', 'runner_id',
  'posted', 'result_url', 'source_url', 'issue_id', 'agent_id', 'workspace_id', 'chat_session_id', 'labels', 'created_at', 'started_at', 'completed_at'];

/** A cell as RFC 4180 has it; what a table would take for a formula is text. */
function cell(value) {
  if (value === null || value === undefined) return '';
  let text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvOf(tasks) {
  return [COLUMNS.join(','), ...tasks.map((task) => COLUMNS.map((name) => cell(task[name])).join(','))].join('\r\n').concat('\r\n');
}

function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  h('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/** Every run that the filters let through, up to MOST_EXPORTED. */
async function all(filters, report, isStopped) {
  const tasks = [];
  const wanted = asked(filters);
  let cursor = null;
  do {
    const page = await api.tasks({ ...wanted, limit: PAGE, cursor });
    tasks.push(...page.tasks);
    cursor = page.next_cursor;
    report(tn('runs_read', tasks.length));
  } while (cursor && tasks.length < MOST_EXPORTED && !isStopped());
  return { tasks: tasks.slice(0, MOST_EXPORTED), more: Boolean(cursor) };
}

async function take(form, filters) {
  try {
    const { tasks, more } = await whileShown(t('exporting'), (report, isStopped) => all(filters, report, isStopped));
    const name = `runs-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${form}`;
    if (form === 'csv') save(name, 'text/csv;charset=utf-8', `\ufeff${csvOf(tasks)}`);
    else save(name, 'application/json', JSON.stringify({ tasks }, null, 2));
    say(more ? t('exported_part', { n: number(tasks.length) }) : tn('exported', tasks.length), more ? '' : 'good');
  } catch (error) {
    say(t('not_done', { what: error.message }), 'bad');
  }
}

/** The menu that saves what the filters let through; `current()` gives them. */
export function exportMenu(current) {
  return menu(t('export'), 'export', (close) => ['csv', 'json'].map((form) => h('li', {},
    h('button', { type: 'button', class: 'plain', onclick: () => { close(); take(form, current()); } }, t(`export_${form}`)))));
}
