// A quiet line at the foot of the page: whether the service is well, and which.

import { api } from './api.js';
import { h, icon, words } from './dom.js';
import { t } from './i18n.js';
import { VERSION } from './version.js';

const FIRST = 4000; // what the reader came for goes first
const EVERY = 60000;

/** What is not well, in words; empty if all is. */
export function troublesOf(ready) {
  const disabled = ready.relays?.disabled ?? [];
  return [
    ready.database?.ok === false && t('health_database', { why: ready.database.explanation ?? ready.database.state }),
    ready.migrations?.ok === false && t('health_migrations'),
    ready.relays?.ok === false && t('health_relays'),
    disabled.length > 0 && t('health_disabled', { names: disabled.map((one) => one.relay).join(', ') })].filter(Boolean);
}

function draw(foot, ready) {
  const troubles = troublesOf(ready);
  foot.replaceChildren(
    troubles.length === 0 ? h('span', { class: 'mark' }, icon('check'), t('health_well'))
      : h('span', { class: 'mark warn' }, icon('ask'), words(troubles.join(' · '))),
    h('span', {}, t('health_targets', { n: (ready.relays?.names ?? []).length })),
    h('span', {}, `Telltale ${VERSION}`));
}

/** Reads and shows it now and then, while somebody looks. */
export function watchHealth(foot) {
  const look = async () => {
    if (document.hidden) return;
    try {
      draw(foot, await api.ready());
    } catch {
      foot.replaceChildren(); // the banner says it
    }
  };
  setTimeout(look, FIRST);
  setInterval(look, EVERY);
}
