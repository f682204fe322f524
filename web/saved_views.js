// Views that a reader keeps: a name for what an address of the list shows.

import { ask, field } from './ask.js';
import { h, say, words } from './dom.js';
import { t } from './i18n.js';
import { menu } from './menu.js';
import { remember, remembered } from './storage.js';

const MOST = 50;

/** `[{name, address}]`; what is kept and cannot be read counts as nothing. */
export function savedViews() {
  try {
    const kept = JSON.parse(remembered('views') ?? '[]');
    return kept.filter((one) => typeof one.name === 'string' && /^\/runs(\?|$)/.test(one.address)).slice(0, MOST);
  } catch {
    return [];
  }
}

function keep(views) {
  if (!remember('views', JSON.stringify(views))) say(t('not_kept'), 'bad');
}

async function saveThis(address) {
  const given = await ask({
    title: t('save_view'), text: t('save_view_text'), action: t('save'),
    fields: [field(t('name'), h('input', { name: 'name', required: true, maxlength: 60, autocomplete: 'off' }))],
  });
  const name = given?.name.trim();
  if (!name) return;
  keep([{ name, address }, ...savedViews().filter((one) => one.name !== name)].slice(0, MOST));
  say(t('view_saved', { name }), 'good');
}

/** The menu of saved views; `current()` is the address that would be saved. */
export function viewsMenu(current) {
  return menu(t('views'), 'views', (close) => [
    ...savedViews().map((one) => h('li', {}, h('a', { href: one.address, 'aria-current': one.address === current() ? 'true' : null }, words(one.name)),
      h('button', { type: 'button', class: 'plain', 'aria-label': t('forget_view', { name: one.name }), title: t('forget_view', { name: one.name }),
        onclick: () => { keep(savedViews().filter((other) => other.name !== one.name)); close(); } }, '×'))),
    h('li', {}, h('button', { type: 'button', class: 'plain', onclick: () => { close(); saveThis(current()); } }, t('save_this_view')))]);
}
