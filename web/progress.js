// Work on many things at once, with a bar that shows how far it is.

import { h } from './dom.js';
import { number, t } from './i18n.js';

const AT_A_TIME = 4;

function dialogOf(title) {
  const bar = h('progress', { 'aria-labelledby': 'progress-title' });
  const count = h('p', { role: 'status' });
  const rest = h('div');
  const end = h('button', { type: 'button' }, t('stop'));
  const dialog = h('dialog', { class: 'progress', 'aria-labelledby': 'progress-title' },
    h('h2', { id: 'progress-title' }, title), bar, count, rest, h('p', { class: 'choices' }, end));
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, bar, count, rest, end };
}

/**
 * Does `work(item)` for each item, a few at a time, behind a bar that can be
 * stopped. Resolves once it was closed, to `{done, failed, left}`; failures are
 * listed by their words, with how many there are of each.
 */
export async function doAll(title, items, work) {
  const { dialog, bar, count, rest, end } = dialogOf(title);
  const refused = new Map();
  let [done, failed, at, stopped] = [0, 0, 0, false];
  const closed = new Promise((resolve) => dialog.addEventListener('close', resolve));
  const show = () => {
    bar.max = items.length;
    bar.value = done + failed;
    count.textContent = t(failed ? 'done_of_refused' : 'done_of', { done: number(done), all: number(items.length), failed: number(failed) });
  };
  end.addEventListener('click', () => { stopped = true; });
  dialog.addEventListener('cancel', (event) => { if (at < items.length && !stopped) { event.preventDefault(); stopped = true; } });
  show();
  const worker = async () => {
    while (at < items.length && !stopped) {
      const item = items[at];
      at += 1;
      try {
        await work(item);
        done += 1;
      } catch (error) {
        failed += 1;
        refused.set(error.message, (refused.get(error.message) ?? 0) + 1);
        if (error.status === 401 || error.status === 403) stopped = true;
      }
      show();
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  const left = items.length - done - failed;
  if (failed === 0 && left === 0) dialog.close();
  else {
    rest.append(left > 0 ? h('p', {}, t('not_begun', { n: number(left) })) : '',
      h('ul', { class: 'refusals' }, [...refused].map(([words, n]) => h('li', {}, `${number(n)} × ${words}`))));
    end.textContent = t('close');
    end.addEventListener('click', () => dialog.close());
    end.focus();
  }
  await closed;
  dialog.remove();
  return { done, failed, left };
}

/**
 * Shows a bar while `work(report, isStopped)` runs; `report(text)` tells how far
 * it is. Resolves to what `work` gives.
 */
export async function whileShown(title, work) {
  const { dialog, count, end } = dialogOf(title);
  let stopped = false;
  end.addEventListener('click', () => { stopped = true; });
  dialog.addEventListener('cancel', (event) => { event.preventDefault(); stopped = true; });
  try {
    return await work((text) => { count.textContent = text; }, () => stopped);
  } finally {
    dialog.close();
    dialog.remove();
  }
}
