// The machines that do the work: who lives, who fell silent, what each has in hand.

import { api, latest, query } from './api.js';
import { h, icon, keepingFocus, printed, reconcile, words } from './dom.js';
import { age, runAddress, statusBadge } from './format.js';
import { t, tn } from './i18n.js';

const PAGE = 100;
const READ_EVERY = 2000;
const LOOK_EVERY = 10000; // silence is no event

/** A moment that moves with each sign of life: it is renewed within the card. */
const moving = (name, value) => h('span', { 'data-moving': name }, age(value));

/** What a card was made of, without what each sign of life changes. */
function standing(runner) {
  return { ...runner, last_seen_at: null, active_tasks: runner.active_tasks.map((task) => ({ ...task, lease_expires_at: null })) };
}

/** Renews the moments of a card that stays: a click on it must not be lost. */
function renewMoments(card, runner) {
  const moments = new Map([['seen', runner.last_seen_at], ...runner.active_tasks.map((task) => [task.task_id, task.lease_expires_at])]);
  for (const one of card.querySelectorAll('[data-moving]')) one.replaceChildren(age(moments.get(one.dataset.moving)));
}

function item(runner) {
  const state = runner.silent ? h('span', { class: 'badge warn' }, icon('mute'), t('silent')) : h('span', { class: 'badge good' }, icon('check'), t('alive'));
  return printed(h('li', { class: `runner ${runner.silent ? 'warn' : ''}` },
    h('div', { class: 'runner-head' }, state,
      h('h2', {}, h('a', { href: `/runs${query({ runner_id: runner.id })}`, 'data-focus': `runner-${runner.id}`, title: runner.id }, words(runner.name ?? runner.id))),
      h('p', { class: 'facts' }, [runner.provider, runner.device, runner.version, runner.workspace_id].filter(Boolean).map((fact) => h('span', {}, words(fact))), h('span', {}, t('last_seen'), ' ', moving('seen', runner.last_seen_at)), h('span', {}, t('first_seen'), ' ', age(runner.first_seen_at)))),
    runner.active_tasks.length === 0 ? h('p', { class: 'quiet' }, t('idle'))
      : h('ul', { class: 'works' }, runner.active_tasks.map((task) => h('li', {}, statusBadge(task.status),
        h('a', { href: runAddress(task.task_id), 'data-focus': task.task_id }, task.title ? words(task.title) : t('untitled')),
        h('span', { class: 'facts' }, h('span', {}, words(task.kind)), h('span', {}, t('attempt', { n: task.attempt })),
          task.lease_expires_at && h('span', {}, t('lease'), ' ', moving(task.task_id, task.lease_expires_at))))))), standing(runner));
}

export function runnersView() {
  const view = { title: t('runners') };
  let read = 0;
  let shown = '';
  let timer = 0;
  let left = false;
  const newest = latest();
  // Kept through readings, so that a card that did not change stays under the pointer.
  const list = h('ul', { class: 'runners' });
  const summary = h('p', { class: 'quiet', role: 'status' });
  const empty = h('div');
  const pager = h('nav', { class: 'pager', 'aria-label': t('pages_of_list') });

  const look = async () => {
    read = Date.now();
    const cursor = new URLSearchParams(location.search).get('cursor');
    const page = await newest(api.runners({ cursor, limit: PAGE }));
    if (!page || left) return;
    const print = JSON.stringify([page, cursor]);
    if (print === shown) return;
    shown = print;
    const silent = page.runners.filter((one) => one.silent).length;
    const working = page.runners.filter((one) => one.active_tasks.length > 0).length;
    // Trouble first, then newest sign of life, as they come.
    const troubled = (one) => one.silent && one.active_tasks.length > 0;
    reconcile(list, [...page.runners.filter(troubled), ...page.runners.filter((one) => !troubled(one))].map((one) => [one.id, item(one)]));
    for (const runner of page.runners) renewMoments(list.querySelector(`[data-key="${CSS.escape(runner.id)}"]`), runner);
    const none = page.runners.length === 0;
    summary.textContent = none ? '' : [tn('n_runners', page.runners.length), tn('n_working', working), tn('n_silent', silent)].join(' · ');
    list.hidden = none;
    empty.replaceChildren(...(none ? [h('div', { class: 'note', role: 'status' }, h('p', { class: 'strong' }, t('no_runners')), h('p', {}, t('no_runners_hint')))] : []));
    pager.hidden = !cursor && !page.next_cursor;
    keepingFocus(pager, () => pager.replaceChildren(...[
      cursor && h('a', { class: 'button', href: '/runners', 'data-focus': 'newest' }, t('newest')),
      page.next_cursor && h('a', { class: 'button', href: `/runners${query({ cursor: page.next_cursor })}`, 'data-focus': 'older' }, `${t('older')} →`)].filter(Boolean)));
  };

  view.load = async (stage) => {
    await look();
    stage.append(h('h1', { tabindex: -1 }, t('runners')), summary, empty, list, pager);
    if (!left) timer = setInterval(() => { if (!document.hidden) look().catch(() => {}); }, LOOK_EVERY);
  };
  view.stop = () => {
    left = true;
    clearInterval(timer);
  };
  view.renew = look;
  view.refresh = async (tasks) => {
    if (tasks.has(null) || Date.now() - read >= READ_EVERY) await look();
  };
  return view;
}
