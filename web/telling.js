// Messages: to whom, when, with what text, and what the chat answered.

import { api } from './api.js';
import { ask } from './ask.js';
import { adviceOn, mutedMark, muteOf } from './delivery_groups.js';
import { h, icon, printed, say, words } from './dom.js';
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
  if (one.state === 'pending' && one.next_try_at && !one.muted_until) {
    const [before, after] = parts('next_try', 'when');
    return h('span', {}, before, age(one.next_try_at), after);
  }
  return null;
}

/** Why a message waits: its chat is muted. */
function mutedUntil(moment) {
  const [before, after] = parts('muted_until', 'when');
  return h('p', { class: 'warn-text' }, icon('mute'), ' ', before, time(moment), after);
}

function item(one, { mayWrite, done, withRun, onMute, mutes = [] }) {
  const mute = muteOf(mutes, one);
  const failed = one.state !== 'sent' && one.last_error;
  return printed(h('li', { class: `telling ${one.state}` },
    h('div', { class: 'telling-head' }, deliveryBadge(one.state),
      h('strong', {}, words(one.relay)), one.chat_id && h('span', { class: 'quiet' }, words(one.chat_id)), mutedMark(mute),
      h('span', { class: 'facts' }, when(one), one.tries > 0 && h('span', {}, tn('tries', one.tries)))),
    one.text && h('figure', { class: 'sent-text' }, h('figcaption', {}, t('as_sent')), h('blockquote', { dir: 'auto', tabindex: '0' }, words(one.text))),
    one.state === 'pending' && one.muted_until && !mute && mutedUntil(one.muted_until),
    failed && h('p', { class: 'bad-text' }, t('last_error'), ': ', words(one.last_error)),
    failed && one.state === 'dead' && adviceOn(one.last_error) && h('p', {}, adviceOn(one.last_error)),
    h('p', { class: 'telling-do' },
      h('span', { class: 'quiet' }, one.message_id ? [t('answer'), ' ', h('code', {}, one.message_id)] : one.text || one.chat_id ? null : t('no_text')),
      withRun && h('a', { href: runAddress(one.task_id), 'data-focus': `run-${one.id}` }, t('to_run')),
      mayWrite && one.state === 'dead' && h('button', { type: 'button', 'data-focus': one.id, onclick: () => sendAgain(one, done) }, t('redeliver')),
      mayWrite && onMute && one.chat_id && !mute && h('button', { type: 'button', class: 'plain', 'data-focus': `mute-${one.id}`, onclick: () => onMute(one) }, t('mute_this')))), one, mute, mayWrite);
}

/** Messages as `[key, element]`; `done` is called after one was queued again. */
export function deliveryRows(list, options) {
  return list.map((one) => [one.id, item(one, options)]);
}

export function deliveryList(list, options) {
  return h('ol', { class: 'tellings', 'aria-label': t('deliveries') }, deliveryRows(list, options).map(([, element]) => element));
}
