// Whether the service answers. While it does not, a banner says of when the things
// on the screen are, and we go on trying.

import { api } from './api.js';
import { h } from './dom.js';
import { clock } from './format.js';
import { t } from './i18n.js';

const LONGEST_WAIT = 10000;

const banner = document.getElementById('banner');
let known = null; // when the service last told something
let timer = 0;
let wait = 0;
let onBack = () => {};

export const isDown = () => wait > 0;

/** What to do once the service is back. */
export function whenBack(work) {
  onBack = work;
}

/** The service told something. */
export function answered() {
  known = new Date();
  if (!isDown()) return;
  wait = 0;
  clearTimeout(timer);
  banner.hidden = true;
  banner.replaceChildren();
  document.body.classList.remove('stale');
}

async function tryAgain() {
  clearTimeout(timer);
  try {
    await api.ready();
  } catch {
    wait = Math.min(wait * 2, LONGEST_WAIT);
    timer = setTimeout(tryAgain, wait);
    return;
  }
  answered();
  onBack();
}

/** The service did not answer, or not yet. */
export function missed() {
  if (isDown()) return;
  wait = 1000;
  document.body.classList.add('stale');
  banner.replaceChildren(
    h('p', {}, h('strong', {}, t('away')), ' ', known ? t('away_since', { when: clock(known) }) : t('away_waiting')),
    h('button', { type: 'button', onclick: tryAgain }, t('try_now')));
  banner.hidden = false;
  timer = setTimeout(tryAgain, wait);
}

/** Asks whether the service is there: something hints that it is not. */
export async function suspect() {
  if (isDown()) return;
  try {
    await api.ready();
  } catch (error) {
    if (error.isAway) missed();
  }
}
