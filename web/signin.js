// Asks for an operator token and exchanges it for a cookie.

import { api } from './api.js';
import { h } from './dom.js';
import { t } from './i18n.js';

export function signInView(main, done) {
  const wrong = h('p', { id: 'wrong', class: 'bad-text', role: 'alert' });
  const field = h('input', { id: 'token', type: 'password', autocomplete: 'current-password', required: true, 'aria-describedby': 'wrong' });
  const submit = async (event) => {
    event.preventDefault();
    wrong.textContent = '';
    try {
      await api.signIn(field.value.trim());
    } catch (error) {
      wrong.textContent = error.status === 401 || error.status === 403 ? t('wrong_token')
        : error.isAway ? t('unreachable') : t('load_failed', { what: error.message });
      field.select();
      return;
    }
    field.value = '';
    done();
  };
  document.title = `${t('sign_in')} · Telltale`;
  main.setAttribute('aria-busy', 'false');
  main.replaceChildren(h('form', { class: 'sign-in', onsubmit: submit },
    h('h1', {}, t('sign_in')),
    h('p', {}, t('sign_in_hint')),
    // Password managers want a name to keep the token under.
    h('input', { type: 'text', autocomplete: 'username', value: 'operator', hidden: true, readonly: true }),
    h('label', { for: 'token' }, t('token')), field, wrong,
    h('button', { type: 'submit', class: 'primary' }, t('sign_in'))));
  field.focus();
}
