// Copies a text, or shows it selected where the browser does not let pages copy.

import { h, say } from './dom.js';
import { t } from './i18n.js';

function showToCopy(text) {
  const area = h('textarea', { readonly: true, rows: 12, 'aria-label': t('copy_by_keyboard') });
  area.value = text;
  const dialog = h('dialog', { 'aria-labelledby': 'copy-title' },
    h('form', { method: 'dialog' }, h('h2', { id: 'copy-title' }, t('copy_by_keyboard')), area,
      h('p', { class: 'choices' }, h('button', { type: 'submit' }, t('close')))));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  area.select();
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    say(t('copied'), 'good');
  } catch {
    showToCopy(text); // plain HTTP, or the reader said no
  }
}

export function copyButton(label, name, text) {
  return h('button', { type: 'button', 'data-focus': name, onclick: () => copyText(text()) }, label);
}
