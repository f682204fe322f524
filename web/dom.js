// Makes elements. Text goes in as text nodes alone: whatever a run said, it is
// never read as markup.

/** An element with attributes, listeners (`onclick`) and children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/**
 * Brings `parent`'s children into the order of `rows`, each `[key, element]`. A
 * child whose `data-print` is unchanged stays as it is, with its focus.
 */
export function reconcile(parent, rows) {
  const kept = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let at = parent.firstElementChild;
  for (const [key, element] of rows) {
    element.dataset.key = key;
    const old = kept.get(key);
    kept.delete(key);
    const same = old && old.dataset.print === element.dataset.print;
    if (old && !same) {
      if (at === old) at = element;
      old.replaceWith(element);
    }
    const wanted = same ? old : element;
    if (at === wanted) at = wanted.nextElementSibling;
    else parent.insertBefore(wanted, at);
  }
  for (const gone of kept.values()) gone.remove();
}
