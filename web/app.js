// Starts the page: who is signed in, which view the address names, what is live.

import { api, ApiError } from './api.js';
import { h, say } from './dom.js';
import { gathered, watch } from './events.js';
import { answered, isDown, missed, suspect, whenBack } from './health.js';
import { choose, locale, t, translate } from './i18n.js';
import { listenForKeys, showKeys } from './keys.js';
import { deliveriesView } from './deliveries.js';
import { failuresView } from './failures.js';
import { runnersView } from './runners.js';
import { runView } from './run.js';
import { runsView } from './runs.js';
import { watchHealth } from './service_state.js';
import { signInView } from './signin.js';

const main = document.getElementById('main');
const live = document.getElementById('live');

// A view: `{title, load(stage), refresh(tasks), renew?(), stop?()}`. `load` fills
// the stage; `refresh` brings what is shown up to date (`null` among the tasks:
// anything may have changed); `renew({scroll})` follows a changed query of the same view.
let view = null;
let shownPath = '';
let turn = 0;
let mayWrite = false;

function viewOf(path) {
  const run = /^\/runs\/([^/]+)\/?$/.exec(path);
  if (run) return runView(decodeURIComponent(run[1]));
  if (/^\/failures\/?$/.test(path)) return failuresView();
  if (/^\/deliveries\/?$/.test(path)) return deliveriesView();
  if (/^\/runners\/?$/.test(path)) return runnersView();
  return /^\/(runs\/?)?$/.test(path) ? runsView() : nowhere();
}

/** An address that leads nowhere. */
function nowhere() {
  return {
    title: t('no_page'),
    load: async (stage) => stage.append(h('div', { class: 'note' }, h('h1', { class: 'strong', tabindex: -1 }, t('no_page')), h('a', { href: '/runs' }, t('all_runs')))),
    refresh: async () => {},
  };
}

const PAGES = /^\/(runs(\/[^/]+)?|failures|deliveries|runners)?\/?$/;

function markCurrent() {
  const at = location.pathname === '/' ? '/runs' : location.pathname;
  for (const one of document.querySelectorAll('nav.pages a')) {
    const path = one.getAttribute('href');
    one.removeAttribute('aria-current');
    if (at === path) one.setAttribute('aria-current', 'page');
    else if (at.startsWith(`${path}/`)) one.setAttribute('aria-current', 'true');
  }
}

// --- what the main part shows ---------------------------------------------------

function explain(error) {
  if (error instanceof ApiError && error.isAway) return t('unreachable');
  if (error instanceof ApiError && error.status === 404) return t('not_found');
  if (error instanceof ApiError && error.status === 403) return t('forbidden');
  return t('load_failed', { what: error.message });
}

function showError(error, again) {
  main.replaceChildren(h('div', { class: 'note bad', role: 'alert' },
    h('h1', { class: 'strong', tabindex: -1 }, explain(error)),
    error.status === 404
      ? h('a', { href: '/runs' }, t('all_runs'))
      : h('button', { type: 'button', onclick: again }, t('retry_load'))));
  if (error.status === 404) document.title = `${t('not_found')} · Telltale`;
}

function signIn() {
  stream.stop();
  view?.stop?.();
  view = null;
  live.textContent = '';
  signInView(main, start);
}

function notePlace() {
  history.replaceState({ ...history.state, scroll: scrollY }, '');
}

/** Shows the view of the address. */
async function show({ scroll = 0, focus = false } = {}) {
  const mine = ++turn;
  view?.stop?.();
  const next = viewOf(location.pathname);
  next.mayWrite = mayWrite;
  view = next;
  shownPath = location.pathname;
  markCurrent();
  main.setAttribute('aria-busy', 'true');
  const slow = setTimeout(() => {
    // A view that was left before it came must not cover the one that was asked for since.
    if (mine === turn) main.replaceChildren(h('p', { class: 'note', role: 'status' }, t('loading')));
  }, 250);
  const stage = h('div', { class: 'stage' });
  try {
    await next.load(stage);
    if (mine !== turn) return;
    answered();
    main.replaceChildren(stage);
    document.title = `${next.title} · Telltale`;
    scrollTo(0, scroll);
    if (focus) main.querySelector('h1')?.focus({ preventScroll: true });
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof ApiError && error.status === 401) return signIn();
    if (error instanceof ApiError && error.isAway) missed();
    else if (!(error instanceof ApiError)) console.error(error);
    showError(error, () => show());
  } finally {
    clearTimeout(slow);
    if (mine === turn) main.setAttribute('aria-busy', 'false');
  }
}

/** Goes to an address of the page without loading the page again. */
function go(address, { replace = false, state = null } = {}) {
  notePlace();
  history[replace ? 'replaceState' : 'pushState'](state, '', address);
  say('');
  if (location.pathname === shownPath && view?.renew) return view.renew({});
  return show({ focus: true });
}

// --- what happens meanwhile -----------------------------------------------------

let wanted = new Set();
const refresh = gathered(async () => {
  const tasks = wanted;
  wanted = new Set();
  if (!view || isDown() || main.getAttribute('aria-busy') === 'true') return;
  try {
    await view.refresh(tasks);
    answered();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) signIn();
    else if (error instanceof ApiError && error.isAway) missed();
    // Else what is shown stays; the next event tries again.
  }
});

const stream = watch(
  (task) => { wanted.add(task); refresh(); },
  (state) => {
    live.textContent = t(state);
    live.className = `live ${state}`;
    if (state === 'waiting') suspect();
  });

whenBack(() => {
  if (!main.querySelector('.stage')) return start();
  wanted.add(null);
  refresh();
});

// --- the beginning --------------------------------------------------------------

async function start() {
  main.setAttribute('aria-busy', 'true');
  try {
    const who = await api.session();
    document.getElementById('sign-out').hidden = who.open || !who.signed_in;
    if (!who.open && !who.read) return signIn();
    mayWrite = Boolean(who.open || who.write);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return signIn();
    if (error instanceof ApiError && error.isAway) missed();
    main.setAttribute('aria-busy', 'false');
    return showError(error, start);
  }
  stream.start();
  await show({ scroll: history.state?.scroll ?? 0 });
}

document.addEventListener('click', (event) => {
  const a = event.target instanceof Element ? event.target.closest('a[href]') : null;
  if (!a || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const address = new URL(typeof a.href === 'string' ? a.href : a.href.baseVal, location.href);
  if (address.origin !== location.origin || !PAGES.test(address.pathname) || address.hash) return;
  event.preventDefault();
  go(address.pathname + address.search, { state: a.dataset.trail ? { trail: JSON.parse(a.dataset.trail) } : null });
});
// From a view whose filters changed.
document.addEventListener('telltale:go', (event) => go(event.detail.address, event.detail));

addEventListener('popstate', () => {
  if (location.pathname === shownPath && view?.renew) view.renew({ scroll: history.state?.scroll ?? 0 });
  else show({ scroll: history.state?.scroll ?? 0, focus: true });
});
history.scrollRestoration = 'manual';
addEventListener('pagehide', notePlace);
addEventListener('unhandledrejection', (event) => {
  if (event.reason instanceof ApiError && event.reason.isAway) { event.preventDefault(); missed(); }
});

translate(document);
document.getElementById('page').hidden = false; // it has its style now
listenForKeys(() => view, go);
watchHealth(document.getElementById('health'));
document.getElementById('keys').addEventListener('click', showKeys);
// Past the filters, to the first run where there is one.
document.querySelector('a.skip').addEventListener('click', (event) => {
  const first = main.querySelector('a.run-title');
  if (!first) return;
  event.preventDefault();
  first.focus();
});
const chooser = document.getElementById('locale');
chooser.value = locale;
chooser.addEventListener('change', () => choose(chooser.value));
document.getElementById('sign-out').addEventListener('click', async () => {
  try {
    await api.signOut();
  } finally {
    location.assign('/');
  }
});
start();
