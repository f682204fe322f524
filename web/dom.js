// Makes elements. Text goes in as text nodes alone: whatever a run said, it is
// never read as markup.

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat(2)) {
    if (child === null || child === undefined || child === false || child === '') continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** An element with attributes, listeners (`onclick`) and children. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for drawings. */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/** Notes what an element was made of, for `reconcile`. */
export function printed(element, ...what) {
  element.print = JSON.stringify(what);
  return element;
}

// Shapes tell states apart where colours do not. Drawn on 16 × 16.
const SHAPES = {
  check: 'M3.5 8.5l3 3 6-7',
  cross: 'M4.5 4.5l7 7m0-7l-7 7',
  hollow: 'M8 3.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 1 0 0-9.6M4.7 11.3l6.6-6.6',
  empty: 'M8 3.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 1 0 0-9.6',
  ask: 'M5.6 6.2a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.8-1.1 1.6M8 12.4v.1',
  again: 'M12.6 8.4a4.6 4.6 0 1 1-1.4-3.7M11.6 2.4v2.7H8.9',
  wait: 'M8 3.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 1 0 0-9.6M8 5.6V8l1.7 1.3',
  go: 'M5.5 4l6 4-6 4z',
  stop: 'M4 8h8',
  clock: 'M8 2.8a5.2 5.2 0 1 0 0 10.4A5.2 5.2 0 1 0 8 2.8M8 5v3l2 2',
  note: 'M2.5 4h11v8h-11zM3 4.5l5 4 5-4',
  mute: 'M3 6.2v3.6h2.2L8.5 12V4L5.2 6.2zM10.8 6.4l3 3.2m0-3.2l-3 3.2',
};

/** A small drawing that only repeats what the text beside it says. */
export function icon(name) {
  return s('svg', { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
    s('path', { d: SHAPES[name] ?? SHAPES.empty }));
}

/**
 * Words from elsewhere. They may turn the writing direction; not that of the
 * words around them, and never unseen.
 */
export function words(text) {
  return h('bdi', {}, plain(text));
}

/** With the two characters that turn following words around made visible. */
export function plain(text) {
  return String(text).replace(/[\u202d\u202e]/g, (one) => `⟨U+${one.codePointAt(0).toString(16).toUpperCase()}⟩`);
}

function focusKey(element) {
  const at = document.activeElement;
  return at && element.contains(at) ? at.closest('[data-focus]')?.dataset.focus ?? null : null;
}

/**
 * Runs `change`, which may replace what `root` holds. Focus stays where it was,
 * and what was unfolded stays so.
 */
export function keepingFocus(root, change) {
  const key = focusKey(root);
  const unfolded = [...root.querySelectorAll('details[open][data-fold]')].map((one) => one.dataset.fold);
  change();
  for (const one of unfolded) root.querySelector(`details[data-fold="${CSS.escape(one)}"]`)?.setAttribute('open', '');
  if (key && !root.contains(document.activeElement))
    root.querySelector(`[data-focus="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

/**
 * Brings `parent`'s children into the order of `rows`, each `[key, element]`. A
 * child whose `print` is unchanged stays as it is; focus outlives a change.
 */
export function reconcile(parent, rows) {
  keepingFocus(parent, () => {
    const kept = new Map([...parent.children].map((child) => [child.dataset.key, child]));
    let at = parent.firstElementChild;
    for (const [key, element] of rows) {
      element.dataset.key = key;
      const old = kept.get(key);
      kept.delete(key);
      const same = old && old.print === element.print;
      if (old && !same) {
        if (at === old) at = element;
        element.classList.add('known');
        old.replaceWith(element);
      }
      const wanted = same ? old : element;
      if (at === wanted) at = wanted.nextElementSibling;
      else parent.insertBefore(wanted, at);
    }
    for (const gone of kept.values()) gone.remove();
  });
}

let silence = 0;

/** Tells what was done, to eyes and to screen readers. */
export function say(text, tone = '') {
  const said = document.getElementById('said');
  said.className = `said ${tone}`;
  said.textContent = text;
  clearTimeout(silence);
  if (text) silence = setTimeout(() => { said.textContent = ''; }, 10000);
}
