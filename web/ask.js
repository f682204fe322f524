// Asks before something changes: one dialog, by keyboard as well as by mouse.

import { h } from './dom.js';
import { t } from './i18n.js';

/**
 * Shows a question with an answer that does it and one that does not. Resolves to
 * the form's values, or to null. Focus returns to where it was.
 */
export function ask({ title, text, action, fields = [], tone = 'primary' }) {
  return new Promise((resolve) => {
    const dialog = h('dialog', { 'aria-labelledby': 'ask-title', 'aria-describedby': text ? 'ask-text' : null },
      h('form', { method: 'dialog' },
        h('h2', { id: 'ask-title' }, title),
        text && h('p', { id: 'ask-text' }, text),
        fields,
        h('p', { class: 'choices' },
          h('button', { type: 'submit', value: 'no', formnovalidate: true, autofocus: fields.length === 0 }, t('leave_it')),
          h('button', { type: 'submit', value: 'yes', class: tone }, action))));
    const form = dialog.querySelector('form');
    // Enter in a field means yes, though the other button comes first.
    form.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.target.matches('button, textarea')) return;
      event.preventDefault();
      form.requestSubmit(form.querySelector('[value=yes]'));
    });
    dialog.addEventListener('close', () => {
      const given = dialog.returnValue === 'yes' ? Object.fromEntries(new FormData(form)) : null;
      dialog.remove();
      resolve(given);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A labelled field of a question or a filter. */
export function field(label, control, hint = null) {
  return h('label', { class: 'field' }, h('span', {}, label), control, hint && h('small', {}, hint));
}

export function choice(name, entries, chosen, more = {}) {
  return h('select', { name, ...more }, entries.map(([value, text, group]) => (group
    ? h('optgroup', { label: text }, group.map(([inner, words]) => h('option', { value: inner, selected: inner === chosen }, words)))
    : h('option', { value, selected: value === chosen }, text))));
}
