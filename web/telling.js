// Messages: to whom, when, with what text, and what the chat answered.

import { api } from './api.js';
import { ask } from './ask.js';
import { h, printed, say, words } from './dom.js';
import { age, deliveryBadge, runAddress, time } from './format.js';
import { parts, t, tn } from './i18n.js';

export function wentWrong(error) {
  say(error.status === 403 ? t('forbidden') : t('not_done', { what: error.message }), 'bad');
}

async function sendAgain(one, done) {
  const given = await ask({ title: t('redeliver_ask'), text: `${one.relay}${one.chat_id ? ` · ${one.chat_id}` : ''}`, action: t('redeliver') });
  if (!given) return;
  try {
    await api.redeliver(one.id);
    say(t('done_redeliver'), 'good');
    await done();
  } catch (error) {
    wentWrong(error);
  }
}

function when(one) {
  if (one.state === 'sent' && one.sent_at) return time(one.sent_at);
  if (one.state === 'pending' && one.next_try_at) {
    const [before, after] = parts('next_try', 'when');
    return h('span', {}, before, age(one.next_try_at), after);
  }
  return null;
}

function item(one, { mayWrite, done, withRun, onMute }) {
  const failed = one.state !== 'sent' && one.last_error;
  return printed(h('li', { class: `telling ${one.state}` },
    h('div', { class: 'telling-head' }, deliveryBadge(one.state),
      h('strong', {}, words(one.relay)), one.chat_id && h('span', { class: 'quiet' }, words(one.chat_id)),
      h('span', { class: 'facts' }, when(one), one.tries > 0 && h('span', {}, tn('tries', one.tries)))),
    one.text && h('blockquote', { dir: 'auto' }, words(one.text)),
    failed && h('p', { class: 'bad-text' }, t('last_error'), ': ', words(one.last_error)),
    h('p', { class: 'telling-do' },
      h('span', { class: 'quiet' }, one.message_id ? [t('answer'), ' ', h('code', {}, one.message_id)] : one.text || one.chat_id ? null : t('no_text')),
      withRun && h('a', { href: runAddress(one.task_id), 'data-focus': `run-${one.id}` }, t('to_run')),
      mayWrite && one.state === 'dead' && h('button', { type: 'button', 'data-focus': one.id, onclick: () => sendAgain(one, done) }, t('redeliver')),
      mayWrite && onMute && one.chat_id && h('button', { type: 'button', class: 'plain', 'data-focus': `mute-${one.id}`, onclick: () => onMute(one) }, t('mute_this')))), one, mayWrite);
}

/** Messages as `[key, element]`; `done` is called after one was queued again. */
export function deliveryRows(list, options) {
  return list.map((one) => [one.id, item(one, options)]);
}

export function deliveryList(list, options) {
  return h('ol', { class: 'tellings', 'aria-label': t('deliveries') }, deliveryRows(list, options).map(([, element]) => element));
}
