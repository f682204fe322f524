// One run: its calm line, what it said in each attempt, who was told what.

import { api, latest } from './api.js';
import { ask } from './ask.js';
import { attemptList, said } from './attempts.js';
import { briefOf } from './brief.js';
import { copyButton } from './clipboard.js';
import { h, keepingFocus, plain, say, words } from './dom.js';
import { deliveryList } from './telling.js';
import { age, attemptFailed, badge, calmLine, happened, hasEnded, hasFailed, isSilent, link, nextStep, ownLine, reasonWords,
  recoveredBadge, span, statusText, time } from './format.js';
import { parts, t } from './i18n.js';
import { remember, remembered } from './storage.js';
import { toldSummary } from './told.js';

function facts(pairs) {
  return h('dl', { class: 'sheet' }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => h('div', {}, h('dt', {}, t(name)), h('dd', {}, value instanceof Node || Array.isArray(value) ? value : words(value)))));
}

function rawOf(task) {
  const text = JSON.stringify(task, null, 2);
  return h('details', { id: 'raw', class: 'raw', 'data-fold': 'raw' }, h('summary', {}, t('raw')),
    h('p', {}, copyButton(t('copy'), 'copy', () => text)),
    h('pre', { tabindex: 0, role: 'group', 'aria-label': t('raw') }, plain(text)));
}

/** Where else to look: what the run was asked for, and what came of it. */
function linksOut(task) {
  const out = [['source', task.source_url], ['result', task.result_url]].filter(([, value]) => value);
  return h('p', { class: 'links-out', hidden: out.length === 0 }, out.map(([name, value]) => h('span', {}, t(name), ' ', link(value))));
}

/** The attempt whose reason is on top while another one is tried. */
function failedBefore(task) {
  if (hasEnded(task)) return null;
  return [...task.attempts].sort((a, b) => b.attempt - a.attempt).find((one) => one.failure_reason) ?? null;
}

/** Whether long lines of details are broken; remembered for all runs. */
function wrapBox(stage) {
  const box = h('input', { type: 'checkbox', checked: remembered('wrap') !== 'off', 'data-focus': 'wrap' });
  const apply = () => stage.classList.toggle('unwrapped', !box.checked);
  box.addEventListener('change', () => {
    remember('wrap', box.checked ? 'on' : 'off');
    apply();
  });
  apply();
  return h('label', { class: 'check' }, box, t('wrap'));
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
    return hasEnded(task)
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

  /** On top: what happened, why, and what to do; also while it is tried again. */
  const lead = (task) => {
    const before = failedBefore(task);
    const line = before ? attemptFailed(before) : calmLine(task);
    const advice = hasFailed(task) ? nextStep(task.failure_reason) : isSilent(task) ? t('noop_advice') : '';
    // Without words of its own the line has said it.
    const reason = before ? (ownLine(before) ? happened(before.failure_reason) : '')
      : hasFailed(task) && ownLine(task) ? happened(task.failure_reason) : '';
    const tone = hasFailed(task) ? 'bad' : isSilent(task) || before ? 'warn' : '';
    return h('div', { class: `lead ${tone}` },
      line && h('p', { id: 'line', class: 'line' }, words(line)),
      reason && h('p', { title: (before ?? task).failure_reason }, reason),
      advice && h('p', { class: 'advice' }, advice), waits(task),
      before && task.status !== 'queued' && h('p', { class: 'next' }, t('attempt_under_way', { n: task.attempt })));
  };

  const overview = (task) => h('section', { class: 'overview', 'aria-labelledby': 'overview' },
    h('h2', { id: 'overview' }, t('overview')),
    facts([['status', statusText(task.status)],
      ['reason', task.failure_reason && [reasonWords(task.failure_reason), ' ', h('code', {}, task.failure_reason)]],
      ['cause', task.cause && h('a', { href: `/runs?cause=${encodeURIComponent(task.cause)}` }, t('same_cause'))],
      ['kind', task.kind], ['runner', task.runner_id], ['attempts', t('n_of_m', { n: task.attempt, m: task.max_attempts })],
      ['posted', task.posted === null ? null : String(task.posted)],
      ['created', time(task.created_at)], ['started', task.started_at && time(task.started_at)],
      ['ended', task.completed_at && time(task.completed_at)], ['took', span(task.started_at, task.completed_at)],
      ['lease', task.lease_expires_at && age(task.lease_expires_at)],
      ['chat', task.chat_session_id && h('a', { href: `/runs?chat_session_id=${encodeURIComponent(task.chat_session_id)}` }, words(task.chat_session_id))],
      ['agent', task.agent_id], ['issue', task.issue_id], ['workspace', task.workspace_id],
      ['labels', task.labels && words(JSON.stringify(task.labels))], ['id', h('code', {}, task.id)]]));

  const show = (task) => {
    const print = JSON.stringify([task, view.mayWrite]);
    if (print === shown) return;
    shown = print;
    view.title = task.title || t('untitled');
    if (stage.isConnected) document.title = `${view.title} · Telltale`;
    const { attempts } = task;
    const told = [...task.deliveries].sort((a, b) => ((a.sent_at ?? a.next_try_at ?? '') < (b.sent_at ?? b.next_try_at ?? '') ? -1 : 1));
    keepingFocus(stage, () => stage.replaceChildren(
      h('p', { class: 'back' }, h('a', { href: '/runs', 'data-focus': 'back' }, `← ${t('all_runs')}`)),
      h('header', { class: 'run-head' },
        h('h1', { tabindex: -1 }, task.title ? words(task.title) : t('untitled')),
        h('p', { class: 'badges' }, badge(task), recoveredBadge(task)),
        h('div', { class: 'actions' }, copyButton(t('copy_brief'), 'brief', () => briefOf(task, location.origin)), button(task))),
      lead(task), linksOut(task),
      h('div', { class: 'columns' },
        h('div', { class: 'story' },
          // Else the attempt below says it.
          task.error_detail && !attempts.some((one) => one.error_detail === task.error_detail || one.late_report?.error_detail === task.error_detail)
            && h('section', {}, said(task.error_detail)),
          h('section', { 'aria-labelledby': 'attempts' }, h('div', { class: 'section-head' }, h('h2', { id: 'attempts' }, t('attempts')), attempts.some((one) => one.error_detail) && wrapBox(stage)),
            attempts.length > 0 ? attemptList(attempts) : h('p', { class: 'quiet' }, t('no_attempts'))),
          h('section', { 'aria-labelledby': 'messages' }, h('h2', { id: 'messages' }, t('messages')), toldSummary(task.told),
            told.length > 0 ? deliveryList(told, { mayWrite: view.mayWrite, done: read }) : !task.told && h('p', { class: 'quiet' }, t(isSilent(task) ? 'untold_silent' : 'untold')))),
        overview(task)),
      rawOf(task)));
  };

  const read = async () => {
    const task = await newest(api.task(id));
    if (task) show(task);
  };
  view.act = () => stage?.querySelector('[data-focus=act]')?.click();
  view.load = (into) => { stage = into; return read(); };
  view.refresh = async (tasks) => {
    if (tasks.has(id) || tasks.has(null)) await read();
  };
  return view;
}
