// What narrows the list of runs. Lives in the address, so that it can be passed
// on and the browser's back button undoes it.

import { choice, field } from './ask.js';
import { query } from './api.js';
import { h, words } from './dom.js';
import { knownReasons, reasonBrief, statusText } from './format.js';
import { t } from './i18n.js';
import { TOLD_STATES } from './told.js';

const OUTCOMES = ['failed', 'silent_noop', 'unverified', 'delivered', 'clean', 'cancelled'];
const STATUSES = ['queued', 'running', 'posting_result', 'succeeded', 'failed', 'timed_out', 'cancelled'];
const NAMES = ['outcome', 'told', 'status', 'failure_reason', 'kind', 'runner_id', 'chat_session_id', 'cause', 'within', 'since', 'until', 'q'];
const HOURS = { '1h': 1, '24h': 24, '7d': 168, '30d': 720 };

/** The filters that an address names. */
export function readFilters(search = location.search) {
  const given = new URLSearchParams(search);
  const filters = {};
  for (const name of NAMES) if (given.get(name)?.trim()) filters[name] = given.get(name).trim();
  if (filters.within && !(filters.within in HOURS)) delete filters.within;
  return filters;
}

/** The same as the service wants them. */
export function asked(filters) {
  const { within, ...rest } = filters;
  if (within) rest.since = new Date(Date.now() - HOURS[within] * 3600e3).toISOString();
  return rest;
}

export function addressOf(filters, more = {}) {
  return `/runs${query({ ...filters, ...more })}`;
}

/** Tells the page to go to an address of its own. */
export function goTo(address, more = {}) {
  document.dispatchEvent(new CustomEvent('telltale:go', { detail: { address, ...more } }));
}

const pad = (n) => String(n).padStart(2, '0');

/** A moment as a field of the reader's zone wants it. */
function localValue(iso) {
  const at = new Date(iso ?? NaN);
  if (Number.isNaN(at.getTime())) return '';
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}T${pad(at.getHours())}:${pad(at.getMinutes())}`;
}

function momentOf(value) {
  const at = new Date(value || NaN);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

const ID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** The run that a search names as a whole: by its id, or by a link to its page. */
export function runNamed(text) {
  return new RegExp(`^(?:https?://[^/\\s]+/runs/)?(${ID})(?:[/?#]\\S*)?$`, 'i').exec(text.trim())?.[1].toLowerCase() ?? null;
}

function reasonEntries() {
  const of = (side) => knownReasons().filter(([, one]) => one === side).map(([wire]) => [wire, reasonBrief(wire)]);
  return [['', t('any')], [null, t('side_platform'), of('platform')], [null, t('side_agent'), of('agent')]];
}

/** The form, and what undoes it; `suggest(tasks)` fills what its text fields offer. */
export function filterForm(filters) {
  const between = Boolean(filters.since || filters.until);
  const time = choice('within', [['', t('any_time')], ['1h', t('last_1h')], ['24h', t('last_24h')], ['7d', t('last_7d')],
    ['30d', t('last_30d')], ['between', t('between')]], between ? 'between' : filters.within ?? '');
  const range = h('div', { class: 'range', hidden: !between },
    field(t('since'), h('input', { type: 'datetime-local', name: 'since', value: localValue(filters.since) })),
    field(t('until'), h('input', { type: 'datetime-local', name: 'until', value: localValue(filters.until) })));
  const kinds = h('datalist', { id: 'kinds' });
  const runners = h('datalist', { id: 'runner-ids' });
  const text = (name, list) => h('input', { name, list, value: filters[name] ?? '', placeholder: t('any'), maxlength: 128, autocomplete: 'off', spellcheck: 'false' });
  const count = Object.keys(filters).filter((name) => name !== 'q').length;
  const wide = matchMedia('(min-width: 60rem)');
  const more = h('details', { class: 'more-filters', open: wide.matches },
    h('summary', {}, t('filters'), count > 0 && h('span', { class: 'count' }, count)),
    h('div', { class: 'fields' },
      field(t('outcome'), choice('outcome', [['', t('any')], ...OUTCOMES.map((one) => [one, t(`outcome_${one}`)])], filters.outcome ?? '')),
      field(t('told'), choice('told', [['', t('any')], ...TOLD_STATES.map((one) => [one, t(`told_${one}`)])], filters.told ?? '')),
      field(t('status'), choice('status', [['', t('any')], ...STATUSES.map((one) => [one, statusText(one)])], filters.status ?? '')),
      field(t('reason'), choice('failure_reason', reasonEntries(), filters.failure_reason ?? '')),
      field(t('kind'), text('kind', 'kinds')), field(t('runner'), text('runner_id', 'runner-ids')),
      field(t('time'), time), range));
  const form = h('form', { class: 'filters', method: 'get', action: '/runs', role: 'search', 'aria-label': t('filters') },
    h('label', { class: 'search' }, h('span', { class: 'hidden' }, t('search')),
      h('input', { type: 'search', name: 'q', value: filters.q ?? '', maxlength: 200, placeholder: t('search_hint'), 'data-focus': 'search' })),
    h('button', { type: 'submit' }, t('search')), more, kinds, runners);
  const clear = h('p', { class: 'clear' });
  const drawClear = () => clear.replaceChildren(...[
    filters.chat_session_id && h('span', { class: 'chip' }, t('chat'), ': ', words(filters.chat_session_id)),
    filters.cause && h('span', { class: 'chip' }, t('cause'), ': ', words(filters.cause)),
    Object.keys(filters).length > 0 && h('a', { href: '/runs', 'data-focus': 'clear' }, t('clear'))].filter(Boolean));
  drawClear();
  wide.addEventListener('change', () => { more.open = wide.matches; });

  const apply = () => {
    const run = runNamed(form.elements.q.value);
    if (run) return goTo(`/runs/${run}`);
    const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
    if (values.within === 'between') {
      values.within = '';
      values.since = momentOf(values.since);
      values.until = momentOf(values.until);
    } else {
      values.since = '';
      values.until = '';
    }
    const address = addressOf({ ...values, chat_session_id: filters.chat_session_id, cause: filters.cause });
    if (address !== location.pathname + location.search) goTo(address);
  };
  form.addEventListener('submit', (event) => { event.preventDefault(); apply(); });
  form.addEventListener('change', (event) => {
    if (event.target === time && time.value === 'between') {
      range.hidden = false;
      range.querySelector('input').focus();
      return;
    }
    if (event.target === time) range.hidden = true;
    apply();
  });
  const offer = (list, values) => list.replaceChildren(...[...values].sort().slice(0, 50).map((value) => h('option', { value })));
  return {
    form, clear,
    suggest(tasks) {
      offer(kinds, new Set(tasks.map((task) => task.kind)));
      offer(runners, new Set(tasks.map((task) => task.runner_id).filter(Boolean)));
    },
    /** Brings the fields to an address that was gone back to. */
    set(now) {
      filters = now;
      const isBetween = Boolean(now.since || now.until);
      for (const name of ['outcome', 'told', 'status', 'failure_reason', 'kind', 'runner_id', 'q']) form.elements[name].value = now[name] ?? '';
      form.elements.since.value = localValue(now.since);
      form.elements.until.value = localValue(now.until);
      time.value = isBetween ? 'between' : now.within ?? '';
      range.hidden = !isBetween;
      drawClear();
    },
  };
}
