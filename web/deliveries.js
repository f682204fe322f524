// Messages to chats and webhooks: what waits, what did not arrive, who is muted.

import { api, latest, query } from './api.js';
import { ask, choice } from './ask.js';
import { grouped, groupRows, MOST_GROUPED, readAll } from './delivery_groups.js';
import { h, keepingFocus, reconcile, say } from './dom.js';
import { goTo } from './filters.js';
import { unsent } from './glance.js';
import { number, t, tn } from './i18n.js';
import { askMute, muteSection } from './mutes.js';
import { deliveryRows, wentWrong } from './telling.js';

const PAGE = 50;
const STATES = ['', 'pending', 'dead', 'sent'];
const GROUPED = new Set(['pending', 'dead']); // what wants attention, put together

export function deliveriesView() {
  const view = { title: t('deliveries'), mayWrite: false };
  const tabs = h('nav', { class: 'tabs', 'aria-label': t('state') });
  const tools = h('div', { class: 'tools' });
  const summary = h('p', { class: 'quiet', role: 'status' });
  const list = h('ol', { class: 'tellings', 'aria-label': t('deliveries') });
  const none = h('div');
  const pager = h('nav', { class: 'pager', 'aria-label': t('pages_of_list') });
  const muted = h('section', { 'aria-labelledby': 'mutes' });
  let relays = [];
  let print = '';
  const newest = latest();

  const given = () => {
    const from = new URLSearchParams(location.search);
    return { state: STATES.includes(from.get('state')) ? from.get('state') : '', relay: from.get('relay') ?? '', cursor: from.get('cursor') };
  };

  const sendAll = async () => {
    const { relay } = given();
    const text = relay ? t('redeliver_all_of', { relay }) : t('redeliver_all_text');
    if (!(await ask({ title: t('redeliver_all_ask'), text, action: t('redeliver_all') }))) return;
    try {
      const done = await api.redeliverAll(relay || null);
      say(tn('done_redeliver_all', done?.redelivered ?? 0), 'good');
      await read();
    } catch (error) {
      wentWrong(error);
    }
  };

  const mute = async (one) => {
    if (await askMute(relays, one)) await read();
  };

  const drawTools = (dead) => {
    const { state, relay } = given();
    keepingFocus(tools, () => {
      const chooser = choice('relay', [['', t('all_targets')], ...relays.map((one) => [one, one])], relay, { 'aria-label': t('relay'), 'data-focus': 'relay' });
      chooser.addEventListener('change', () => goTo(`/deliveries${query({ state, relay: chooser.value })}`));
      tools.replaceChildren(chooser,
        ...[view.mayWrite && dead > 0 && h('button', { type: 'button', 'data-focus': 'all', onclick: sendAll }, t('redeliver_all')),
          view.mayWrite && h('button', { type: 'button', 'data-focus': 'mute', onclick: () => mute(null) }, t('mute_chat'))].filter(Boolean));
    });
  };

  const drawTabs = (counts) => {
    const { state, relay } = given();
    keepingFocus(tabs, () => tabs.replaceChildren(...STATES.map((one) => h('a', {
      href: `/deliveries${query({ state: one, relay })}`, 'aria-current': one === state ? 'true' : null, 'data-focus': `tab-${one}`,
    }, one ? t(`state_${one}`) : t('any_state'), counts?.[one] !== undefined && h('span', { class: `count ${one === 'dead' && counts[one] ? 'bad' : ''}` }, number(counts[one]))))));
  };

  const readList = ({ state, relay, cursor }) => (GROUPED.has(state) ? readAll({ state, relay }) : api.deliveries({ state, relay, cursor, limit: PAGE }));

  const drawPager = ({ state, relay, cursor }, next) => {
    pager.hidden = !cursor && !next;
    pager.replaceChildren(...[cursor && h('a', { class: 'button', href: `/deliveries${query({ state, relay })}` }, t('newest')),
      next && h('a', { class: 'button', href: `/deliveries${query({ state, relay, cursor: next })}` }, `${t('older')} →`)].filter(Boolean));
  };

  /** In a sentence: how long the oldest waits, what a mute holds, what is not shown. */
  const summaryOf = (counts, mutes, page) => [
    counts?.pending ? unsent(counts, mutes) : '',
    page.more ? t('grouped_part', { n: number(MOST_GROUPED) }) : ''].filter(Boolean).join(' · ');

  const read = async () => {
    const asked = given();
    const { state, relay } = asked;
    const answers = await newest(Promise.all([readList(asked),
      api.stats({ window: '24h' }).catch(() => null), api.mutes(), api.ready().catch(() => null)]));
    if (!answers) return;
    const [page, stats, { mutes }, ready] = answers;
    const now = JSON.stringify([page, stats?.deliveries, mutes, location.search]);
    if (now === print) return;
    print = now;
    relays = [...new Set([...ready?.relays?.names ?? [], ...page.deliveries.map((one) => one.relay), ...mutes.map((one) => one.relay)])].sort();
    const counts = stats?.deliveries;
    drawTabs(counts);
    drawTools(counts ? counts.dead : page.deliveries.filter((one) => one.state === 'dead').length);
    const text = summaryOf(counts, mutes, page);
    if (summary.textContent !== text) summary.textContent = text;
    const options = { mayWrite: view.mayWrite, done: read, withRun: true, onMute: mute, mutes };
    reconcile(list, GROUPED.has(state) ? groupRows(grouped(page.deliveries), options) : deliveryRows(page.deliveries, options));
    list.hidden = page.deliveries.length === 0;
    const empty = state || relay ? 'no_such_deliveries' : 'no_deliveries';
    none.replaceChildren(...(page.deliveries.length === 0
      ? [h('div', { class: 'note', role: 'status' }, h('p', { class: 'strong' }, t(empty)), h('p', {}, t(state === 'dead' ? 'none_dead_hint' : 'no_deliveries_hint')))] : []));
    drawPager(asked, page.next_cursor);
    keepingFocus(muted, () => muted.replaceChildren(...muteSection(mutes, view.mayWrite, read)));
  };

  view.load = async (stage) => {
    await read();
    stage.append(h('h1', { tabindex: -1 }, t('deliveries')), h('div', { class: 'head-tools' }, tabs, tools), summary, none, list, pager, muted);
  };
  view.renew = async () => {
    await read();
    scrollTo(0, 0);
  };
  view.refresh = read;
  return view;
}
