// One run as an item of a list: a line, or a few in the comfortable density.

import { h, printed, words } from './dom.js';
import { age, badge, hasFailed, isSilent, ownLine, reasonWords, recoveredBadge, rowLine, runAddress, span } from './format.js';
import { parts, t } from './i18n.js';
import { toldMark } from './told.js';

/** Why it is not running: it is due later. */
function waits(task) {
  if (task.status !== 'queued' || !task.run_after || new Date(task.run_after) < new Date()) return null;
  const [before, after] = parts('next_attempt', 'when');
  return h('span', { class: 'due' }, before, age(task.run_after), after);
}

function pick(task, picked, onPick) {
  const box = h('input', { type: 'checkbox', checked: picked, 'data-focus': `pick-${task.id}`, 'aria-label': t('select_run', { title: task.title || t('untitled') }) });
  box.addEventListener('click', (event) => onPick(task.id, event.shiftKey));
  return h('label', { class: 'pick' }, box);
}

/** `onPick(id, range)` is null for readers who may change nothing. */
export function runItem(task, { picked = false, onPick = null }) {
  const line = rowLine(task);
  const took = span(task.started_at, task.completed_at);
  const tone = hasFailed(task) ? 'bad' : isSilent(task) ? 'warn' : '';
  const fact = (name, text, title) => h('span', { class: `fact-${name}`, title }, text);
  return printed(h('li', { class: `run ${tone} ${picked ? 'picked-run' : ''}` },
    onPick && pick(task, picked, onPick),
    h('div', { class: 'run-state' }, badge(task), recoveredBadge(task)),
    h('div', { class: 'run-what' },
      h('a', { class: 'run-title', href: runAddress(task.id), 'data-focus': task.id, title: task.title }, task.title ? words(task.title) : t('untitled')),
      line && h('p', { class: 'line', title: ownLine(task) ? line : task.failure_reason }, words(line))),
    h('p', { class: 'facts' },
      fact('kind', words(task.kind), `${t('kind')}: ${task.kind}`),
      fact('runner', task.runner_id ? words(task.runner_id) : '', task.runner_id && `${t('runner')}: ${task.runner_id}`),
      // Without words of its own the line has said the reason.
      hasFailed(task) && ownLine(task) && fact('reason', reasonWords(task.failure_reason)),
      task.attempt > 0 && (task.attempt > 1 || task.max_attempts > 1) && fact('attempt', t('attempt_of', { n: task.attempt, m: task.max_attempts })),
      took && fact('took', t('took_short', { time: took })),
      waits(task), h('span', { class: 'fact-told' }, toldMark(task.told))),
    h('div', { class: 'run-when' }, age(task.created_at))), task, picked, Boolean(onPick));
}
