// Messages to chats and webhooks, and whether they arrived.

import { api } from './api.js';
import { h } from './dom.js';
import { time } from './format.js';
import { t } from './i18n.js';

const TONES = { sent: 'good', dead: 'bad', pending: 'busy' };

function row(one, mayWrite, said, done, withRun) {
  const again = async (event) => {
    event.target.disabled = true;
    try {
      await api.redeliver(one.id);
      said.textContent = t('done_redeliver');
      await done();
    } catch (error) {
      said.textContent = error.status === 403 ? t('forbidden') : t('load_failed', { what: error.message });
      event.target.disabled = false;
    }
  };
  const cell = (name, ...children) => h('td', { 'data-name': t(name) }, children);
  return h('tr', {},
    cell('relay', one.relay, one.chat_id && h('span', { class: 'quiet' }, ` ${one.chat_id}`)),
    cell('state', h('span', { class: `badge ${TONES[one.state] ?? 'plain'}` }, t(`state_${one.state}`, {}, one.state))),
    cell('tries', String(one.tries)),
    cell('sent', one.sent_at ? time(one.sent_at) : one.next_try_at ? [`${t('next_try')}: `, time(one.next_try_at)] : '–'),
    cell('message', one.text && h('div', { class: 'message' }, one.text),
      one.last_error && one.state !== 'sent' && h('div', { class: 'bad-text' }, `${t('last_error')}: ${one.last_error}`),
      withRun && h('a', { href: `/runs/${encodeURIComponent(one.task_id)}` }, t('run'))),
    mayWrite && cell('redeliver', one.state === 'dead'
      ? h('button', { type: 'button', onclick: again }, t('redeliver')) : ''));
}

/** A table of deliveries; `done` is called after one was queued again. */
export function deliveryTable(list, mayWrite, said, done, withRun = false) {
  const heads = ['relay', 'state', 'tries', 'sent', 'message'];
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('deliveries') },
    h('table', {},
      h('thead', {}, h('tr', {}, heads.map((name) => h('th', { scope: 'col' }, t(name))),
        mayWrite && h('th', { scope: 'col' }, h('span', { class: 'hidden' }, t('redeliver'))))),
      h('tbody', {}, list.map((one) => row(one, mayWrite, said, done, withRun)))));
}

export function deliveriesView(main) {
  const given = new URLSearchParams(location.search);
  const view = { title: t('deliveries'), mayWrite: false };
  const said = h('p', { class: 'said', role: 'status' });
  let shown = '';
  view.load = async () => {
    const page = await api.deliveries({ state: given.get('state'), relay: given.get('relay'), limit: 100 });
    const print = JSON.stringify(page.deliveries);
    if (print === shown) return;
    shown = print;
    const states = h('p', { class: 'facts' }, ['', 'pending', 'sent', 'dead'].map((state) =>
      h('a', { href: state ? `?state=${state}` : location.pathname, 'aria-current': (given.get('state') ?? '') === state ? 'true' : null },
        state ? t(`state_${state}`) : t('any'))));
    main.replaceChildren(h('h1', {}, t('deliveries')), states, said,
      page.deliveries.length > 0 ? deliveryTable(page.deliveries, view.mayWrite, said, view.load, true)
        : h('div', { class: 'note', role: 'status' }, h('p', { class: 'strong' }, t('no_deliveries')), h('p', {}, t('no_deliveries_hint'))));
  };
  view.refresh = view.load;
  return view;
}
