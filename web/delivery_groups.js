// Messages that did not arrive, put together by target, chat and error: how many
// each concerns, what to do, and all of a group sent again.

import { api } from './api.js';
import { ask } from './ask.js';
import { h, icon, printed, say, words } from './dom.js';
import { age, runAddress, time } from './format.js';
import { number, parts, t, tn } from './i18n.js';
import { doAll } from './progress.js';

const PAGE = 200;
export const MOST_GROUPED = 1000;
const MOST_NAMED = 20; // runs of a group that are called by their titles

/** Every message of a state, up to MOST_GROUPED: `{deliveries, more}`. */
export async function readAll({ state, relay }) {
  const deliveries = [];
  let cursor = null;
  do {
    const page = await api.deliveries({ state, relay, cursor, limit: PAGE });
    deliveries.push(...page.deliveries);
    cursor = page.next_cursor;
  } while (cursor && deliveries.length < MOST_GROUPED);
  return { deliveries, more: Boolean(cursor) };
}

/** `[{key, relay, chat, error, all}]`, those that concern most first. */
export function grouped(deliveries) {
  const groups = new Map();
  for (const one of deliveries) {
    const key = JSON.stringify([one.relay, one.chat_id, one.last_error]);
    const group = groups.get(key) ?? { key, relay: one.relay, chat: one.chat_id, error: one.last_error, all: [] };
    group.all.push(one);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.all.length - a.all.length);
}

const ADVICE = [
  [/\b(401|invalid_auth|not_authed|token)\b/i, 'advice_credential'], [/\b(403|forbidden|not_in_chat|not_in_channel)\b/i, 'advice_refused'],
  [/\b(404|410|not_found)\b/i, 'advice_gone'], [/\b(429|rate|limit)\b/i, 'advice_pace'], [/\b5\d\d\b|timed out|timeout|connect|resolve|TLS/i, 'advice_away']];

/** What to do about an error that does not say so itself, as far as it is known. */
export function adviceOn(error) {
  if (!error || error.includes('; ')) return null;
  const found = ADVICE.find(([pattern]) => pattern.test(error));
  return found ? t(found[1]) : null;
}

/** The mute that holds back what a chat is told. */
export function muteOf(mutes, { relay, chat_id: chat }) {
  return mutes.find((one) => one.relay === relay && (one.chat_id === null || one.chat_id === chat)) ?? null;
}

export function mutedMark(mute) {
  if (!mute) return null;
  const [before, after] = parts('muted_mark', 'when');
  return h('span', { class: 'mark warn', title: mute.note }, icon('mute'), h('span', {}, before, time(mute.until), after));
}

async function sendGroup(group, done) {
  const count = group.all.length;
  const where = group.chat ? `${group.relay} · ${group.chat}` : group.relay;
  if (!(await ask({ title: tn('redeliver_n_ask', count), text: where, action: tn('redeliver_n', count) }))) return;
  const sent = await doAll(t('sending_again'), group.all, (one) => api.redeliver(one.id));
  if (sent.done > 0) say(tn('done_redeliver_all', sent.done), 'good');
  await done();
}

/** The runs behind a group, by title; read once the group is unfolded. */
function runsOf(group) {
  const ids = [...new Set(group.all.map((one) => one.task_id))];
  const list = h('ul', { class: 'group-runs' });
  const fold = h('details', { 'data-fold': group.key }, h('summary', { 'data-focus': `runs-${group.key}` }, tn('n_runs', ids.length)), list);
  fold.addEventListener('toggle', async () => {
    if (!fold.open || list.childElementCount > 0) return;
    const tasks = await Promise.allSettled(ids.slice(0, MOST_NAMED).map((id) => api.task(id)));
    list.replaceChildren(...tasks.map(({ value: task }, i) => h('li', {}, h('a', { href: runAddress(ids[i]) }, task?.title ? words(task.title) : t('untitled')), ' ',
      task && h('span', { class: 'quiet' }, words(task.kind), ' · ', age(task.completed_at ?? task.created_at)))),
    ...(ids.length > MOST_NAMED ? [h('li', { class: 'quiet' }, t('and_more', { n: number(ids.length - MOST_NAMED) }))] : []));
  });
  return fold;
}

function item(group, { mayWrite, done, mutes, onMute }) {
  const [first] = group.all;
  const mute = muteOf(mutes, first);
  const advice = adviceOn(group.error);
  const dead = first.state === 'dead';
  return printed(h('li', { class: `telling group ${first.state}` },
    h('div', { class: 'telling-head' }, h('strong', { class: 'many' }, tn('n_messages', group.all.length)),
      h('strong', {}, words(group.relay)), group.chat && h('span', { class: 'quiet' }, words(group.chat)), mutedMark(mute)),
    group.error && h('p', { class: 'bad-text' }, words(group.error)),
    advice && h('p', {}, advice),
    runsOf(group),
    mayWrite && h('p', { class: 'telling-do' }, h('span', {}),
      dead && h('button', { type: 'button', 'data-focus': `send-${group.key}`, onclick: () => sendGroup(group, done) }, tn('redeliver_n', group.all.length)),
      group.chat && !mute && h('button', { type: 'button', class: 'plain', 'data-focus': `mute-${group.key}`, onclick: () => onMute(first) }, t('mute_this')))),
  group, mute, mayWrite);
}

/** Groups as `[key, element]`, for `reconcile`. */
export function groupRows(groups, options) {
  return groups.map((group) => [group.key, item(group, options)]);
}
