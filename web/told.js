// What became of telling people of a run's failure, in a word or a sentence.

import { h, icon, words } from './dom.js';
import { age, length, time } from './format.js';
import { parts, t } from './i18n.js';

const MARKS = { told: ['', 'note'], held: ['warn', 'mute'], waiting: ['busy', 'wait'], dead: ['bad', 'cross'], nobody: ['bad', 'mute'] };

export const TOLD_STATES = Object.keys(MARKS);

const place = (one) => (one.chat_id ? `${one.relay} ${one.chat_id}` : one.relay);

/** Where that state holds: of several chats the best counts. */
function placesOf(told) {
  return told.targets.filter((one) => one.state === told.state).map(place);
}

/** A word on what became of it, with where; nothing if nobody was to hear of it. */
export function toldMark(told) {
  if (!told) return null;
  const [tone, shape] = MARKS[told.state] ?? ['', 'note'];
  const where = placesOf(told).join(', ');
  const text = t(`told_${told.state}`, {}, told.state);
  return h('span', { class: `mark ${tone}`, title: [where ? t('mark_who', { what: text, who: where }) : text, told.why].filter(Boolean).join('\n') },
    icon(shape), text, where && h('span', { class: 'who' }, ': ', words(where)));
}

function targetItem(one) {
  const [tone, shape] = MARKS[one.state] ?? ['', 'note'];
  const when = one.state === 'held' && one.until ? (() => { const [before, after] = parts('until_moment', 'when'); return [before, time(one.until), after]; })()
    : one.at ? [age(one.at), one.seconds !== null && one.seconds !== undefined ? ` (${t('after_report', { time: length(one.seconds * 1000) })})` : ''] : [];
  return h('li', {}, h('span', { class: `mark ${tone}` }, icon(shape), t(`told_${one.state}`, {}, one.state)), ' ', h('strong', {}, words(place(one))),
    when.length > 0 && h('span', { class: 'quiet' }, ' · ', when), one.why && h('span', { class: 'quiet' }, ' · ', words(one.why)));
}

/** The same for the run's page: one line a chat, or why there is none. */
export function toldSummary(told) {
  if (!told) return null;
  if (told.targets.length === 0)
    return h('p', { class: 'told-summary' }, toldMark(told), told.why && h('span', { class: 'quiet' }, ' · ', words(told.why)));
  return h('ul', { class: 'told-summary' }, told.targets.map(targetItem));
}
