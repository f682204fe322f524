// Keys for those who do not like to reach for the mouse.

import { h } from './dom.js';
import { t } from './i18n.js';
import { remember, remembered } from './storage.js';

const PLACES = { r: '/runs', f: '/failures', d: '/deliveries', u: '/runners' };
const PAUSE = 1500; // between `g` and its letter

const LIST = [
  ['/', 'key_search'], ['j k', 'key_move'], ['Enter', 'key_open'], ['x', 'key_pick'], ['r', 'key_act'],
  ['g r', 'runs'], ['g f', 'failures'], ['g d', 'deliveries'], ['g u', 'runners'], ['Esc', 'key_escape'], ['?', 'key_help']];

const areOn = () => remembered('keys') !== 'off';

/** Shows what keys there are, and lets them be switched off. */
export function showKeys() {
  const box = h('input', { type: 'checkbox', checked: areOn() });
  box.addEventListener('change', () => remember('keys', box.checked ? 'on' : 'off'));
  const dialog = h('dialog', { 'aria-labelledby': 'keys-title' },
    h('form', { method: 'dialog' },
      h('h2', { id: 'keys-title' }, t('keys')),
      h('dl', { class: 'keys' }, LIST.map(([keys, text]) => h('div', {}, h('dt', {}, keys.split(' ').map((one) => h('kbd', {}, one))), h('dd', {}, t(text))))),
      h('label', { class: 'check' }, box, t('keys_on')),
      h('p', { class: 'choices' }, h('button', { type: 'submit', autofocus: true }, t('close')))));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

const isTyping = (at) => at instanceof Element && at.closest('input:not([type=checkbox]), select, textarea, [contenteditable]') !== null;

/** Listens for keys; `view()` is what is shown, `go(address)` goes elsewhere. */
export function listenForKeys(view, go) {
  let leader = 0; // when `g` was pressed
  const deeds = {
    '/': async () => {
      if (!document.querySelector('form.filters input[type=search]')) await go('/runs');
      document.querySelector('form.filters input[type=search]')?.focus();
    },
    j: () => view()?.move?.(1),
    k: () => view()?.move?.(-1),
    x: () => view()?.pick?.(),
    r: () => view()?.act?.(),
    '?': showKeys,
  };
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target)) {
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) event.target.blur();
      return;
    }
    if (document.querySelector('dialog[open], form.sign-in') || (!areOn() && event.key !== '?')) return;
    const place = Date.now() - leader < PAUSE ? PLACES[event.key] : null;
    leader = 0;
    if (place) go(place);
    else if (event.key === 'g') leader = Date.now();
    else if (deeds[event.key]) deeds[event.key]();
    else return;
    event.preventDefault();
  });
}
