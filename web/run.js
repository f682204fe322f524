// One run: its calm line, its facts, every attempt, every message about it.

import { api } from './api.js';
import { h } from './dom.js';
import { deliveryTable } from './deliveries.js';
import { badge, calmLine, kindText, link, reasonText, span, statusText, time } from './format.js';
import { t } from './i18n.js';

const ENDED = new Set(['succeeded', 'failed', 'timed_out', 'cancelled']);

function facts(pairs) {
  return h('dl', { class: 'sheet' }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => h('div', {}, h('dt', {}, t(name)), h('dd', {}, value))));
}

function words(text) {
  return text ? h('pre', { tabindex: 0, 'aria-label': t('detail') }, text) : null;
}

function lateWords(late) {
  const what = [statusText(late.status), late.failure_reason && reasonText(late.failure_reason)].filter(Boolean).join(' · ');
  return h('div', { class: 'late' }, h('p', {}, t('late', { what }), ' ', time(late.at)), words(late.error_detail));
}

function attemptItem(attempt) {
  const tone = { succeeded: 'good', failed: 'bad', timed_out: 'bad', running: 'busy', posting_result: 'busy' }[attempt.status] ?? 'plain';
  return h('li', { class: `attempt ${tone}` },
    h('h3', {}, t('attempt', { n: attempt.attempt }), ' ', h('span', { class: `badge ${tone}` }, statusText(attempt.status))),
    h('p', { class: 'facts' },
      [attempt.runner_id, time(attempt.started_at), span(attempt.started_at, attempt.ended_at),
        attempt.failure_reason && reasonText(attempt.failure_reason),
        attempt.settled_by === 'reaper' && t('swept')]
        .filter(Boolean).map((one) => h('span', {}, one))),
    words(attempt.error_detail),
    attempt.evidence && h('details', {}, h('summary', {}, t('evidence')), words(JSON.stringify(attempt.evidence, null, 2))),
    attempt.late_report && lateWords(attempt.late_report));
}

export function runView(main, id) {
  const view = { title: t('run'), mayWrite: false };
  const said = h('p', { class: 'said', role: 'status' });
  let shown = '';

  const act = (work, word) => async (event) => {
    event.target.disabled = true;
    try {
      await work();
      said.textContent = t(word);
      await view.load();
    } catch (error) {
      said.textContent = error.status === 403 ? t('forbidden') : t('load_failed', { what: error.message });
      event.target.disabled = false;
    }
  };

  const buttons = (task) => {
    if (!view.mayWrite) return null;
    return ENDED.has(task.status)
      ? h('button', { type: 'button', onclick: act(() => api.retry(task.id), 'done_retry') }, t('run_again'))
      : h('button', { type: 'button', onclick: act(() => api.cancel(task.id), 'done_cancel') }, t('cancel_run'));
  };

  const waits = (task) => {
    if (task.status !== 'queued' || task.attempt === 0) return null;
    const due = task.run_after && new Date(task.run_after) > new Date();
    if (!due) return h('p', { class: 'line' }, t('retry_waits_soon'));
    const [before, after] = t('retry_waits').split('{when}');
    return h('p', { class: 'line' }, before, time(task.run_after), after);
  };

  const show = (task) => {
    const print = JSON.stringify(task);
    if (print === shown) return;
    shown = print;
    document.title = `${task.title || t('untitled')} · Telltale`;
    const line = calmLine(task);
    // Focus outlives a live update.
    const key = main.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    main.replaceChildren(
      h('p', { class: 'back' }, h('a', { href: '/runs', 'data-focus': 'back' }, `← ${t('runs')}`)),
      h('div', { class: 'run-head' }, h('h1', {}, task.title || t('untitled')), badge(task)),
      line && h('p', { class: 'line lead', id: 'line' }, line),
      waits(task) ?? '',
      h('div', { class: 'actions' }, buttons(task), said),
      h('section', { 'aria-label': t('run') },
        facts([['kind', kindText(task.kind)], ['status', statusText(task.status)], ['reason', reasonText(task.failure_reason)],
          ['runner', task.runner_id], ['attempts', `${task.attempt} / ${task.max_attempts}`],
          ['posted', task.posted === null ? null : String(task.posted)],
          ['created', time(task.created_at)], ['started', task.started_at && time(task.started_at)],
          ['ended', task.completed_at && time(task.completed_at)], ['took', span(task.started_at, task.completed_at)],
          ['chat', task.chat_session_id], ['result', task.result_url && link(task.result_url)],
          ['source', task.source_url && link(task.source_url)]]),
        // Else the attempt below says it.
        !task.attempts.some((one) => one.error_detail === task.error_detail) && words(task.error_detail)),
      h('section', { 'aria-labelledby': 'attempts' }, h('h2', { id: 'attempts' }, t('attempts')),
        task.attempts.length > 0
          ? h('ol', { class: 'attempts' }, [...task.attempts].sort((a, b) => b.attempt - a.attempt).map(attemptItem))
          : h('p', { class: 'quiet' }, t('no_attempts'))),
      h('section', { 'aria-labelledby': 'messages' }, h('h2', { id: 'messages' }, t('deliveries')),
        task.deliveries.length > 0
          ? deliveryTable(task.deliveries, view.mayWrite, said, view.load)
          : h('p', { class: 'quiet' }, t('no_task_deliveries'))));
    if (key) main.querySelector(`[data-focus="${CSS.escape(key)}"]`)?.focus();
  };

  view.load = async () => show(await api.task(id));
  view.refresh = async (tasks) => {
    if (tasks.has(id) || tasks.has(null)) await view.load();
  };
  return view;
}
