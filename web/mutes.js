// Chats that are left in peace until a time. Nothing is lost meanwhile.

import { api } from './api.js';
import { ask, choice, field } from './ask.js';
import { h, say, words } from './dom.js';
import { age, time } from './format.js';
import { t, tn } from './i18n.js';
import { wentWrong } from './telling.js';

const LENGTHS = ['1h', '4h', '12h', '24h', '168h'];

/** Asks for how long, and mutes. True if it was done. */
export async function askMute(relays, one) {
  const until = h('input', { type: 'datetime-local', name: 'until' });
  const untilField = field(t('until'), until);
  untilField.hidden = true;
  const lengths = choice('for', [...LENGTHS.map((value) => [value, t(`mute_${value}`)]), ['until', t('mute_until')]], '1h');
  lengths.addEventListener('change', () => { untilField.hidden = lengths.value !== 'until'; until.required = !untilField.hidden; });
  const given = await ask({
    title: t('mute_ask'), text: t('mute_text'), action: t('mute'),
    fields: [
      field(t('relay'), choice('relay', relays.map((name) => [name, name]), one?.relay)),
      field(t('chat_id'), h('input', { name: 'chat_id', value: one?.chat_id ?? '', maxlength: 128, autocomplete: 'off' }), t('chat_id_hint')),
      field(t('mute_for'), lengths), untilField,
      field(t('note'), h('input', { name: 'note', maxlength: 200, autocomplete: 'off' }))],
  });
  if (!given) return false;
  const at = new Date(given.until || NaN);
  const time = given.for === 'until' ? { until: Number.isNaN(at.getTime()) ? '' : at.toISOString() } : { for: given.for };
  try {
    await api.mute({ relay: given.relay, chat_id: given.chat_id.trim() || null, ...time, ...(given.note.trim() ? { note: given.note.trim() } : {}) });
    say(t('done_mute'), 'good');
    return true;
  } catch (error) {
    wentWrong(error);
    return false;
  }
}

async function unmute(one, done) {
  if (!(await ask({ title: t('unmute_ask'), text: t('unmute_text'), action: t('unmute') }))) return;
  try {
    await api.unmute(one.relay, one.chat_id);
    say(t('done_unmute'), 'good');
    await done();
  } catch (error) {
    wentWrong(error);
  }
}

export function muteSection(mutes, mayWrite, done) {
  return [h('h2', { id: 'mutes' }, t('mutes')),
    mutes.length === 0 ? h('p', { class: 'quiet' }, t('no_mutes'))
      : h('ul', { class: 'rows' }, mutes.map((one) => h('li', {},
        h('div', {}, h('strong', {}, words(one.relay)), ' ', one.chat_id ? words(one.chat_id) : h('span', { class: 'quiet' }, t('whole_relay')),
          one.note && h('p', { class: 'quiet' }, words(one.note))),
        h('p', { class: 'facts' }, h('span', {}, t('until'), ' ', time(one.until)), h('span', {}, age(one.until)),
          h('span', {}, tn('held_back', one.waiting))),
        mayWrite && h('button', { type: 'button', 'data-focus': `unmute-${one.relay}-${one.chat_id}`, onclick: () => unmute(one, done) }, t('unmute')))))];
}
