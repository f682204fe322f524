// A button that unfolds a few choices.

import { h } from './dom.js';

/** A menu; `items()` makes its list items each time it opens. */
export function menu(label, name, items) {
  const list = h('ul', {});
  const summary = h('summary', { 'data-focus': name }, label);
  const fold = h('details', { class: 'menu' }, summary, list);
  const close = () => { fold.open = false; };
  fold.addEventListener('toggle', () => { if (fold.open) list.replaceChildren(...items(close)); });
  fold.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !fold.open) return;
    event.stopPropagation();
    close();
    summary.focus();
  });
  fold.addEventListener('focusout', (event) => { if (event.relatedTarget && !fold.contains(event.relatedTarget)) close(); });
  list.addEventListener('click', (event) => { if (event.target.closest('a')) close(); });
  return fold;
}

addEventListener('pointerdown', (event) => {
  for (const one of document.querySelectorAll('details.menu[open]')) if (!one.contains(event.target)) one.open = false;
});
