// What fails, why, since when, and how many green runs posted nothing.

import { api, latest } from './api.js';
import { choice, field } from './ask.js';
import { causeList, readCauses } from './causes.js';
import { h, keepingFocus, words } from './dom.js';
import { addressOf, goTo } from './filters.js';
import { reasonBrief, reasonWords } from './format.js';
import { locale, number, share, spaced, t, tn } from './i18n.js';
import { bars, line, meter, table } from './plot.js';

const WINDOWS = ['24h', '7d', '14d', '30d', '90d'];
const MOST_TONES = 5; // reasons with a colour of their own
const READ_EVERY = 3000;

const dayName = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' });
const hourName = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** Buckets of a day are days of UTC; those of an hour are told in the reader's zone. */
function bucketName(stats, start) {
  return spaced((stats.bucket === '1d' ? dayName : hourName).format(new Date(start)));
}

function section(id, title, ...children) {
  return h('section', { 'aria-labelledby': id }, h('h2', { id }, title), children);
}

function figure(value, label, tone = '') {
  return h('div', { class: `figure ${tone}` }, h('dt', {}, label), h('dd', {}, value));
}

export function failuresView() {
  const view = { title: t('failures') };
  const body = h('div');
  let form = null;
  let read = 0;
  let shown = '';
  const newest = latest();

  const asked = () => {
    const given = new URLSearchParams(location.search);
    const window = WINDOWS.includes(given.get('window')) ? given.get('window') : '14d';
    return { window, kind: given.get('kind')?.trim() || null };
  };

  const runsOf = (stats, more) => addressOf({ kind: asked().kind, since: stats.since, ...more });

  const makeForm = () => {
    const { window, kind } = asked();
    const made = h('form', { class: 'filters', role: 'search', 'aria-label': t('filters') },
      field(t('time'), choice('window', WINDOWS.map((one) => [one, t(`last_${one}`)]), window, { 'data-focus': 'window' })),
      field(t('kind'), h('input', { name: 'kind', value: kind ?? '', maxlength: 128, autocomplete: 'off', placeholder: t('any'), 'data-focus': 'kind' })));
    const apply = () => {
      const wanted = new URLSearchParams([...new FormData(made)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
      if (`?${wanted}` !== location.search) goTo(`/failures?${wanted}`);
    };
    made.addEventListener('change', apply);
    made.addEventListener('submit', (event) => { event.preventDefault(); apply(); });
    return made;
  };

  /** Failures per bucket, stacked by reason; the table behind it has them all. */
  const perBucket = (stats) => {
    const tones = new Map(stats.reasons.slice(0, MOST_TONES).map((one, i) => [one.failure_reason, `c${i}`]));
    const ends = stats.buckets.map((one, i) => stats.buckets[i + 1]?.start ?? stats.until);
    const address = (i, more) => addressOf({ kind: asked().kind, ...more, since: stats.buckets[i].start, until: ends[i] });
    const buckets = stats.buckets.map((one, i) => {
      const rest = Object.entries(one.reasons).filter(([wire]) => !tones.has(wire)).reduce((sum, [, n]) => sum + n, 0);
      return { label: bucketName(stats, one.start), name: `${bucketName(stats, one.start)}: ${tn('runs_failed_n', one.outcomes.failed)}`,
        href: address(i, { outcome: 'failed' }), parts: [...[...tones].map(([wire, tone]) => [one.reasons[wire] ?? 0, tone]), [rest, 'rest']] };
    });
    const others = stats.reasons.length > tones.size;
    const legend = h('ul', { class: 'legend' }, [...tones].map(([wire, tone]) => h('li', {}, h('span', { class: `swatch ${tone}` }), reasonWords(wire))),
      others && h('li', {}, h('span', { class: 'swatch rest' }), t('other_reasons')));
    const wires = stats.reasons.map((one) => one.failure_reason);
    const rows = stats.buckets.map((one, i) => [bucketName(stats, one.start),
      one.outcomes.failed ? h('a', { href: address(i, { outcome: 'failed' }) }, number(one.outcomes.failed)) : '0',
      ...wires.map((wire) => (one.reasons[wire] ? h('a', { href: address(i, { failure_reason: wire, outcome: 'failed' }) }, number(one.reasons[wire])) : '0'))]);
    return [bars(t('failures_over_time'), buckets), legend,
      h('details', { 'data-fold': 'bars' }, h('summary', { 'data-focus': 'bars' }, t('as_table')), table(t('failures_over_time'), [t('when'), t('outcome_failed'), ...wires.map(reasonBrief)], rows))];
  };

  const silentRate = (stats) => {
    const points = stats.buckets.map((one) => ({ label: bucketName(stats, one.start), value: one.silent_noop_rate,
      name: `${bucketName(stats, one.start)}: ${share(one.silent_noop_rate)}` }));
    const rows = stats.buckets.map((one) => [bucketName(stats, one.start), number(one.succeeded), number(one.outcomes.silent_noop), share(one.silent_noop_rate)]);
    return [line(t('noop_rate'), points, share),
      h('details', { 'data-fold': 'rate' }, h('summary', { 'data-focus': 'rate' }, t('as_table')),
        table(t('noop_rate'), [t('when'), t('status_succeeded'), t('outcome_silent_noop'), t('share')], rows))];
  };

  const reasons = (stats) => {
    const most = Math.max(...stats.reasons.map((one) => one.count), 1);
    return table(t('reasons'), [t('reason'), t('side'), t('runs'), t('share')], stats.reasons.map((one, i) => [
      h('a', { href: runsOf(stats, { outcome: 'failed', failure_reason: one.failure_reason }), title: one.failure_reason }, reasonBrief(one.failure_reason)),
      t(`side_${one.side}`, {}, one.side), number(one.count),
      h('div', { class: 'share' }, meter(one.count / most, i < MOST_TONES ? `c${i}` : 'rest'), share(one.count / stats.outcomes.failed))]));
  };

  const noOps = (stats) => h('ol', { class: 'causes' }, stats.no_op_details.map((one) => h('li', {},
    h('a', { href: runsOf(stats, { outcome: 'silent_noop', q: one.telling_line ? [...one.telling_line.replaceAll('…', ' ')].slice(0, 100).join('') : null }) }, one.telling_line ? words(one.telling_line) : t('noop_no_detail')),
    h('p', { class: 'facts' }, h('span', {}, tn('times', one.count))))));

  const show = (stats, causes) => {
    const print = JSON.stringify([stats, causes]);
    if (print === shown) return;
    shown = print;
    const calm = stats.outcomes.failed === 0 && stats.outcomes.silent_noop === 0;
    keepingFocus(body, () => body.replaceChildren(
      h('dl', { class: 'figures' },
        figure(number(stats.finished), t('finished')),
        figure(h('a', { href: runsOf(stats, { outcome: 'failed' }) }, number(stats.outcomes.failed)), t('outcome_failed'), stats.outcomes.failed ? 'bad' : ''),
        figure(h('a', { href: runsOf(stats, { outcome: 'silent_noop' }) }, number(stats.outcomes.silent_noop)), t('outcome_silent_noop'), stats.outcomes.silent_noop ? 'warn' : ''),
        figure(share(stats.silent_noop_rate), t('noop_rate')),
        figure(h('a', { href: runsOf(stats, { outcome: 'unverified' }) }, number(stats.outcomes.unverified)), t('outcome_unverified')),
        figure(share(stats.unknown_share), t('unknown_share'))),
      ...(calm ? [h('div', { class: 'note', role: 'status' }, h('p', { class: 'strong' }, t(stats.finished ? 'no_failures' : 'nothing_finished')), stats.finished > 0 && h('p', {}, t('no_failures_hint')))]
        : [h('div', { class: 'panels' },
          
          h('div', {}, section('per-bucket', t('failures_over_time'), ...perBucket(stats)),
            stats.reasons.length > 0 && section('reasons', t('reasons'), reasons(stats)),
            stats.retried.length > 0 && section('retried', t('retried'), h('p', { class: 'quiet' }, t('retried_hint')),
              table(t('retried'), [t('reason'), t('attempts')], stats.retried.map((one) => [reasonWords(one.failure_reason), number(one.count)])))),
          h('div', {}, section('rate', t('noop_rate'), ...silentRate(stats)),
            stats.no_op_details.length > 0 && section('no-ops', t('noop_words'), h('p', { class: 'quiet' }, t('noop_words_hint')), noOps(stats)),
            causes.length > 0 && section('causes', t('causes'), causeList(causes, { since: stats.since, kind: asked().kind }))))])));
  };

  const look = async () => {
    read = Date.now();
    const answers = await newest(Promise.all([api.stats(asked()), readCauses(asked())]));
    if (answers) show(...answers);
  };
  view.load = async (stage) => {
    form = makeForm();
    await look();
    stage.append(h('h1', { tabindex: -1 }, t('failures')), form, body);
  };
  view.renew = async () => {
    const { window, kind } = asked();
    form.elements.window.value = window;
    form.elements.kind.value = kind ?? '';
    await look();
  };
  view.refresh = async (tasks) => {
    if (tasks.has(null) || Date.now() - read >= READ_EVERY) await look();
  };
  return view;
}
