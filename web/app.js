// Starts the page: who is signed in, which view the address names, what is live.

import { api, ApiError } from './api.js';
import { h } from './dom.js';
import { gathered, watch } from './events.js';
import { learnReasons } from './format.js';
import { choose, locale, t, translate } from './i18n.js';
import { deliveriesView } from './deliveries.js';
import { runView } from './run.js';
import { failuresView, runsView } from './runs.js';
import { signInView } from './signin.js';

const main = document.getElementById('main');
const live = document.getElementById('live');

/** The view of an address: `{title, load(), refresh(task_id)}`. */
function viewOf(path) {
  const run = /^\/runs\/([^/]+)\/?$/.exec(path);
  if (run) return runView(main, decodeURIComponent(run[1]));
  if (path.startsWith('/failures')) return failuresView(main);
  if (path.startsWith('/deliveries')) return deliveriesView(main);
  return runsView(main);
}

function markCurrent() {
  const at = location.pathname === '/' ? '/runs' : location.pathname;
  for (const one of document.querySelectorAll('nav a')) {
    const path = one.getAttribute('href');
    if (at === path) one.setAttribute('aria-current', 'page');
    else if (at.startsWith(`${path}/`)) one.setAttribute('aria-current', 'true');
  }
}

function explain(error) {
  if (error instanceof ApiError && error.status === 0) return t('unreachable');
  if (error instanceof ApiError && error.status === 404) return t('not_found');
  if (error instanceof ApiError && error.status === 403) return t('forbidden');
  return t('load_failed', { what: error.message });
}

function showError(error, again) {
  main.setAttribute('aria-busy', 'false');
  main.replaceChildren(h('div', { class: 'note bad', role: 'alert' },
    h('p', {}, explain(error)),
    h('button', { type: 'button', onclick: again }, t('retry_load'))));
}

async function start() {
  main.setAttribute('aria-busy', 'true');
  main.replaceChildren(h('p', { class: 'note', role: 'status' }, t('loading')));
  try {
    const who = await api.session();
    document.getElementById('sign-out').hidden = who.open || !who.signed_in;
    if (!who.open && !who.read) return signInView(main, start);
    const known = await api.reasons();
    learnReasons(known.failure_reasons ?? []);
    const view = viewOf(location.pathname);
    view.mayWrite = who.open || who.write;
    document.title = `${view.title} · Telltale`;
    await view.load();
    main.setAttribute('aria-busy', 'false');
    follow(view);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return signInView(main, start);
    showError(error, start);
  }
}

/** Keeps what is shown as it is in the service. */
function follow(view) {
  let wanted = new Set();
  const refresh = gathered(async () => {
    const tasks = wanted;
    wanted = new Set();
    try {
      await view.refresh(tasks);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) signInView(main, start);
      // Else what is shown stays; the next event tries again.
    }
  });
  watch((task) => { wanted.add(task); refresh(); },
    (state) => { live.textContent = t(state); live.className = `live ${state}`; });
  // What happened between the first load and the stream's beginning.
  wanted.add(null);
  refresh();
}

translate(document);
markCurrent();
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
