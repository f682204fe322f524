// What this browser remembers for its reader: language, density, saved views.

/** The text kept under a name; null if there is none, or storage is forbidden. */
export function remembered(name) {
  try {
    return localStorage.getItem(`telltale.${name}`);
  } catch {
    return null;
  }
}

/** Keeps a text under a name. False: the browser does not allow it. */
export function remember(name, text) {
  try {
    localStorage.setItem(`telltale.${name}`, text);
    return true;
  } catch {
    return false;
  }
}
