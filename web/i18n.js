// The page's words and the reader's language.

import { remember, remembered } from './storage.js';
import { en } from './text_en.js';
import { zh } from './text_zh.js';

export const TEXTS = { en, 'zh-CN': zh };

function preferred() {
  const own = remembered('locale');
  if (own in TEXTS) return own;
  const language = (navigator.languages ?? [navigator.language]).find((one) => /^(zh|en)\b/i.test(one));
  return language && /^zh/i.test(language) ? 'zh-CN' : 'en';
}

export const locale = preferred();

export function choose(name) {
  if (remember('locale', name)) location.reload();
}

const HAN = /\p{sc=Han}/u;
const LATIN = /[A-Za-z0-9]/;
const touch = (a, b) => (HAN.test(a) && LATIN.test(b)) || (LATIN.test(a) && HAN.test(b));

/** With a space between Han and Latin, as Chinese is set beside other letters. */
export function spaced(text) {
  return text.replace(/(\p{sc=Han})(?=[A-Za-z0-9])|([A-Za-z0-9])(?=\p{sc=Han})/gu, '$& ');
}

/**
 * The text of a key, with `{name}` filled in. An unknown key gives `fallback`.
 * What is filled in keeps its own letters; only where it meets the text around
 * it may a space come between.
 */
export function t(key, values = {}, fallback = key) {
  const text = TEXTS[locale][key] ?? fallback;
  return text.replace(/\{(\w+)\}/g, (all, name, at) => {
    if (values[name] === undefined || values[name] === null) return all;
    const value = String(values[name]);
    const [before, after] = [text[at - 1] ?? '', text[at + all.length] ?? ''];
    return `${touch(before, value[0] ?? '') ? ' ' : ''}${value}${touch(value.at(-1) ?? '', after) ? ' ' : ''}`;
  });
}

const plural = new Intl.PluralRules(locale);
const numbers = new Intl.NumberFormat(locale);
const shares = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });

/** The text for a number of things: `KEY_one` or `KEY_other`, with `{n}`. */
export function tn(key, n, values = {}) {
  const form = plural.select(n) === 'one' ? 'one' : 'other';
  return t(`${key}_${form}`, { n: numbers.format(n), ...values });
}

/** The parts around `{name}` of a text, to put an element between them. */
export function parts(key, name) {
  return t(key).split(`{${name}}`);
}

export const number = (n) => numbers.format(n);
export const share = (n) => (n === null || n === undefined ? '–' : shares.format(n));

/** Words of index.html. */
export function translate(root) {
  document.documentElement.lang = locale;
  for (const one of root.querySelectorAll('[data-text]')) one.textContent = t(one.dataset.text);
  for (const one of root.querySelectorAll('[data-label]')) one.setAttribute('aria-label', t(one.dataset.label));
}
