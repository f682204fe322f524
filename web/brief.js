// A run in a text for a colleague or an agent: what failed, why, in which attempt,
// where to look. Everything in it went through redaction before it was stored.

import { calmLine, reasonBrief, span } from './format.js';
import { t } from './i18n.js';

/** A text between fences that it cannot close itself. */
function fenced(text) {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

function attemptLine(attempt, isLast) {
  const took = span(attempt.started_at, attempt.ended_at);
  const facts = [t(`status_${attempt.status}`, {}, attempt.status), attempt.runner_id, attempt.started_at, took && t('took_short', { time: took }),
    attempt.failure_reason && `${reasonBrief(attempt.failure_reason)} (${attempt.failure_reason})`].filter(Boolean).join(', ');
  const line = attempt.telling_line && !isLast ? `\n   ${attempt.telling_line}` : '';
  return `${attempt.attempt}. ${facts}${line}`;
}

/** The brief of a run as Markdown; `origin` is where its page is. */
export function briefOf(task, origin) {
  const attempts = [...task.attempts].sort((a, b) => a.attempt - b.attempt);
  const detail = task.error_detail || attempts.findLast((one) => one.error_detail)?.error_detail;
  const links = [['run', `${origin}/runs/${task.id}`], ['source', task.source_url], ['result', task.result_url]].filter(([, value]) => value);
  const told = task.deliveries.map((one) => `- ${one.relay}${one.chat_id ? ` ${one.chat_id}` : ''}: ${t(`state_${one.state}`, {}, one.state)}${one.last_error && one.state !== 'sent' ? `, ${one.last_error}` : ''}`);
  const part = (title, text) => (text ? `## ${title}\n${text}` : '');
  return [
    `# ${task.title || t('untitled')}`,
    [t(`status_${task.status}`, {}, task.status), task.kind, t('n_of_m', { n: task.attempt, m: task.max_attempts })].join(' · '),
    calmLine(task) ?? '',
    part(t('attempts'), attempts.map((one, i) => attemptLine(one, i === attempts.length - 1)).join('\n')),
    part(t('detail'), detail ? fenced(detail) : ''),
    part(t('links'), links.map(([name, value]) => `- ${t(name)}: ${value}`).join('\n')),
    part(t('messages'), told.join('\n'))].filter(Boolean).join('\n\n').concat('\n');
}
