// One run: its calm line, what it said in each attempt, who was told what.

import { api, latest } from './api.js';
import { ask } from './ask.js';
import { h, keepingFocus, plain, say, words } from './dom.js';
import { deliveryList } from './telling.js';
import { age, badge, calmLine, happened, hasFailed, isSilent, kindText, link, nextStep, ownWords, reasonWords,
  recoveredBadge, span, statusBadge, statusText, time } from './format.js';
import { parts, t } from './i18n.js';

const ENDED = new Set(['succeeded', 'failed', 'timed_out', 'cancelled']);
const LONG = 4000; // characters of a detail that are shown unasked

function facts(pairs) {
  return h('dl', { class: 'sheet' }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => h('div', {}, h('dt', {}, t(name)), h('dd', {}, value instanceof Node || Array.isArray(value) ? value : words(value)))));
}

/** A runner's text as it is; a very long one is unfolded on demand. */
function said(text, name = t('detail')) {
  if (!text) return null;
  const pre = (what) => h('pre', { tabindex: 0, role: 'group', 'aria-label': name, dir: 'auto' }, plain(what));
  if (text.length <= LONG) return pre(text);
  return [pre(`${text.slice(0, LONG)}…`), h('details', { 'data-fold': `all-${text.length}` }, h('summary', {}, t('all_of_it', { n: text.length })), pre(text))];
}

function evidenceOf(evidence) {
  const times = ['last_sign_of_life', 'lease_expires_at', 'due_at', 'looked_at'];
  const rows = Object.entries(evidence).map(([name, value]) => {
    const label = t(`evidence_${name}`, {}, name.replaceAll('_', ' '));
    if (typeof value === 'string' && (times.includes(name) || name.endsWith('_at'))) return [label, time(value)];
    if (name === 'sweep') return [label, h('span', { title: value }, t(`sweep_${value}`, {}, String(value).replaceAll('_', ' ')))];
    return [label, words(typeof value === 'object' ? JSON.stringify(value) : value)];
  });
  return h('div', { class: 'evidence' }, h('h4', {}, t('evidence')),
    h('dl', { class: 'pairs' }, rows.map(([label, value]) => h('div', {}, h('dt', {}, label), h('dd', {}, value)))));
}

function lateOf(late) {
  return h('div', { class: 'late' },
    h('h4', {}, t('late'), ' ', statusBadge(late.status)),
    h('p', { class: 'facts' }, h('span', {}, time(late.at)), reasonWords(late.failure_reason)),
    said(late.error_detail, t('late')));
}

function attemptItem(attempt) {
  const tone = { succeeded: 'good', failed: 'bad', timed_out: 'bad', running: 'busy', posting_result: 'busy' }[attempt.status] ?? 'plain';
  const took = span(attempt.started_at, attempt.ended_at);
  return h('li', { class: `attempt ${tone}` },
    h('h3', {}, t('attempt', { n: attempt.attempt }), ' ', statusBadge(attempt.status)),
    h('p', { class: 'facts' },
      attempt.runner_id && h('span', { title: t('runner') }, words(attempt.runner_id)),
      h('span', {}, time(attempt.started_at)), took && h('span', {}, t('took_short', { time: took })),
      attempt.settled_by === 'reaper' && h('span', {}, t('swept'))),
    attempt.failure_reason && h('p', { class: 'why' }, h('strong', {}, reasonWords(attempt.failure_reason)),
      h('code', {}, attempt.failure_reason)),
    said(attempt.error_detail),
    attempt.evidence && evidenceOf(attempt.evidence),
    attempt.late_report && lateOf(attempt.late_report));
}

/** Why nobody was told, where that is no accident. */
function untold(task) {
  if (!hasFailed(task)) return t(isSilent(task) ? 'untold_silent' : 'untold');
  return t(task.chat_session_id ? 'untold_unbound' : 'untold_nobody');
}

function rawOf(task) {
  const text = JSON.stringify(task, null, 2);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say(t('copied'));
    } catch {
      // Without the right to the clipboard the reader copies what is selected.
      const pre = document.querySelector('#raw pre');
      document.querySelector('#raw').open = true;
      getSelection().selectAllChildren(pre);
      say(t('selected'));
    }
  };
  return h('details', { id: 'raw', class: 'raw', 'data-fold': 'raw' }, h('summary', {}, t('raw')),
    h('p', {}, h('button', { type: 'button', onclick: copy, 'data-focus': 'copy' }, t('copy'))),
    h('pre', { tabindex: 0, role: 'group', 'aria-label': t('raw') }, plain(text)));
}

export function runView(id) {
  const view = { title: t('run'), mayWrite: false };
  let stage = null;
  let shown = '';
  const newest = latest();

  const act = async (question, work, done) => {
    if (!(await ask(question))) return;
    try {
      await work();
      say(t(done), 'good');
      await read();
    } catch (error) {
      say(error.status === 403 ? t('forbidden') : t('not_done', { what: error.message }), 'bad');
    }
  };

  const button = (task) => {
    if (!view.mayWrite) return null;
    const title = task.title || t('untitled');
    return ENDED.has(task.status)
      ? h('button', { type: 'button', 'data-focus': 'act', onclick: () => act({ title: t('run_again_ask'), text: title, action: t('run_again') }, () => api.retry(id), 'done_retry') }, t('run_again'))
      : h('button', { type: 'button', 'data-focus': 'act', onclick: () => act({ title: t('cancel_ask'), text: title, action: t('cancel_run'), tone: 'danger' }, () => api.cancel(id), 'done_cancel') }, t('cancel_run'));
  };

  const waits = (task) => {
    if (task.status !== 'queued' || task.attempt === 0) return null;
    const due = task.run_after && new Date(task.run_after) > new Date();
    if (!due) return h('p', { class: 'next' }, t('retry_waits_soon'));
    const [before, after] = parts('retry_waits', 'when');
    return h('p', { class: 'next' }, before, time(task.run_after), ' (', age(task.run_after), ')', after);
  };

  /** On top: what happened, why, and what to do. */
  const lead = (task) => {
    const line = calmLine(task);
    const advice = hasFailed(task) ? nextStep(task.failure_reason) : isSilent(task) ? t('noop_advice') : '';
    // Without words of its own the line has said it.
    const reason = hasFailed(task) && ownWords(task) ? happened(task.failure_reason) : '';
    return h('div', { class: `lead ${hasFailed(task) ? 'bad' : isSilent(task) ? 'warn' : ''}` },
      line && h('p', { id: 'line', class: 'line' }, words(line)),
      reason && h('p', { title: task.failure_reason }, reason),
      advice && h('p', { class: 'advice' }, advice), waits(task));
  };

  const overview = (task) => h('section', { class: 'overview', 'aria-labelledby': 'overview' },
    h('h2', { id: 'overview' }, t('overview')),
    facts([['status', statusText(task.status)],
      ['reason', task.failure_reason && [reasonWords(task.failure_reason), ' ', h('code', {}, task.failure_reason)]],
      ['kind', kindText(task.kind)], ['runner', task.runner_id], ['attempts', t('n_of_m', { n: task.attempt, m: task.max_attempts })],
      ['posted', task.posted === null ? null : String(task.posted)],
      ['created', time(task.created_at)], ['started', task.started_at && time(task.started_at)],
      ['ended', task.completed_at && time(task.completed_at)], ['took', span(task.started_at, task.completed_at)],
      ['lease', task.lease_expires_at && age(task.lease_expires_at)],
      ['result', task.result_url && link(task.result_url)], ['source', task.source_url && link(task.source_url)],
      ['chat', task.chat_session_id && h('a', { href: `/runs?chat_session_id=${encodeURIComponent(task.chat_session_id)}` }, words(task.chat_session_id))],
      ['agent', task.agent_id], ['issue', task.issue_id], ['workspace', task.workspace_id],
      ['labels', task.labels && words(JSON.stringify(task.labels))], ['id', h('code', {}, task.id)]]));

  const show = (task) => {
    const print = JSON.stringify([task, view.mayWrite]);
    if (print === shown) return;
    shown = print;
    view.title = task.title || t('untitled');
    if (stage.isConnected) document.title = `${view.title} · Telltale`;
    const attempts = [...task.attempts].sort((a, b) => b.attempt - a.attempt);
    const told = [...task.deliveries].sort((a, b) => ((a.sent_at ?? a.next_try_at ?? '') < (b.sent_at ?? b.next_try_at ?? '') ? -1 : 1));
    keepingFocus(stage, () => stage.replaceChildren(
      h('p', { class: 'back' }, h('a', { href: '/runs', 'data-focus': 'back' }, `← ${t('all_runs')}`)),
      h('header', { class: 'run-head' },
        h('h1', { tabindex: -1 }, task.title ? words(task.title) : t('untitled')),
        h('p', { class: 'badges' }, badge(task), recoveredBadge(task)),
        h('div', { class: 'actions' }, button(task))),
      lead(task),
      h('div', { class: 'columns' },
        h('div', { class: 'story' },
          // Else the attempt below says it.
          task.error_detail && !attempts.some((one) => one.error_detail === task.error_detail || one.late_report?.error_detail === task.error_detail)
            && h('section', {}, said(task.error_detail)),
          h('section', { 'aria-labelledby': 'attempts' }, h('h2', { id: 'attempts' }, t('attempts')),
            attempts.length > 0 ? h('ol', { class: 'attempts', reversed: true }, attempts.map(attemptItem)) : h('p', { class: 'quiet' }, t('no_attempts'))),
          h('section', { 'aria-labelledby': 'messages' }, h('h2', { id: 'messages' }, t('told')),
            told.length > 0 ? deliveryList(told, { mayWrite: view.mayWrite, done: read }) : h('p', { class: 'quiet' }, untold(task)))),
        overview(task)),
      rawOf(task)));
  };

  const read = async () => {
    const task = await newest(api.task(id));
    if (task) show(task);
  };
  view.load = (into) => { stage = into; return read(); };
  view.refresh = async (tasks) => {
    if (tasks.has(id) || tasks.has(null)) await read();
  };
  return view;
}
