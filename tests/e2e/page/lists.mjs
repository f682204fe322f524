// The list of runs: what a row says, live updates, filters, pages.

import assert from 'node:assert/strict';
import { call, check, create, finished, gone, open, picture, report, row, seen, url } from './world.mjs';
import { mark } from './seed.mjs';

const line = (page, task) => row(page, task).locator('.line').innerText();
const badge = async (page, task) => (await row(page, task).locator('.badge').first().innerText()).trim();

check('lists runs with their outcome, telling line, reason and age', async (page, runs) => {
  await open(page, `/runs?q=${mark}`, 'ol.runs');
  await seen(row(page, runs.failed));
  assert.equal(await line(page, runs.failed), 'dial tcp 203.0.113.7:443: connection refused');
  assert.equal(await line(page, runs.silent), 'no inline position for the finding');
  assert.equal(await line(page, runs.build), 'parser.cpp:2: error: expected a semicolon');
  assert.match(await line(page, runs.wordless), /^The quota/);
  assert.equal(await line(page, runs.retrying), '429 overloaded', 'the reason of the attempt that is retried');
  assert.equal(await row(page, runs.delivered).locator('.line').count(), 0);
  const words = { delivered: 'Delivered', clean: 'Nothing to post', silent: 'Posted nothing', unverified: 'Not verified', failed: 'Failed',
    timedOut: 'Timed out', cancelled: 'Cancelled', running: 'Running', retrying: 'Retrying' };
  for (const [name, word] of Object.entries(words)) assert.equal(await badge(page, runs[name]), word, name);
  assert.equal(await row(page, runs.again).locator('.badge').nth(1).innerText(), 'Recovered');
  // A shape beside the colour, and another one for each.
  const shapes = await Promise.all(['delivered', 'silent', 'unverified', 'failed', 'cancelled', 'running', 'retrying'].map((name) => row(page, runs[name]).locator('.badge path').first().getAttribute('d')));
  assert.equal(new Set(shapes).size, shapes.length);
  await page.selectOption('.list-bar select[name=density]', 'comfortable');
  const reason = row(page, runs.failed).locator('.reason');
  assert.equal(await reason.getAttribute('title'), 'agent_error.provider_network');
  assert.ok(!(await reason.innerText()).includes('agent_error'));
  assert.match(await row(page, runs.twice).locator('.facts').innerText(), /Attempt 2 of 2/);
  await seen(row(page, runs.failed).locator('.mark', { hasText: 'Told: team-octo team-room' }));
  await seen(row(page, runs.undelivered).locator('.mark.bad', { hasText: 'Not delivered: team-octo deaf-room' }));
  await seen(row(page, runs.build).locator('.mark.bad', { hasText: 'Nobody told' }));
  assert.equal(await row(page, runs.delivered).locator('.mark').count(), 0);
  await picture(page, 'runs', true);
});

check('narrows the list to what became of telling people', async (page, runs) => {
  for (const [state, shown, hidden] of [['nobody', 'build', 'failed'], ['told', 'failed', 'build'], ['dead', 'undelivered', 'failed']]) {
    await open(page, `/runs?q=${mark}`, 'ol.runs');
    await page.selectOption('select[name=told]', state);
    await page.waitForURL(new RegExp(`told=${state}`));
    await seen(row(page, runs[shown]));
    await gone(row(page, runs[hidden]));
  }
});

check('tells times in the zone of the reader with the exact value on hover', async (page, runs) => {
  await open(page, `/runs/${runs.failed.id}`);
  const time = page.locator('.overview time').first();
  const exact = await time.getAttribute('datetime');
  assert.match(exact, /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.ok((await time.getAttribute('title')).startsWith(exact));
  const local = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'Asia/Shanghai' }).format(new Date(exact));
  assert.ok((await time.innerText()).includes(local), 'shown in the zone of the browser');
  await open(page, `/runs?q=${mark}`, 'ol.runs');
  assert.match(await row(page, runs.failed).locator('.run-when time').innerText(), /ago|now/);
});

check('has figures of the period and kind that the list has, by name', async (page) => {
  await open(page, '/runs?within=7d&kind=build', '.glance a');
  const { outcomes } = await call('GET', '/stats?window=7d&kind=build');
  assert.match(await page.locator('.glance a').first().innerText(), new RegExp(`^${outcomes.failed}\\s+runs? failed\\s+Last 7 days`));
  assert.equal(await page.locator('.glance a').first().getAttribute('href'), '/runs?outcome=failed&within=7d&kind=build');
  await page.selectOption('select[name=within]', '1h');
  await seen(page.locator('.glance a', { hasText: 'Last hour' }));
  await open(page, `/runs?within=1h&kind=none-${mark}`, '.glance a');
  assert.match(await page.locator('.glance a').first().innerText(), /^0\s+runs failed\s+Last hour · No run has ended/i);
});

check('says of an empty database that nothing ran yet, and not that all is well', async (page) => {
  await page.route('**/tasks?*', (route) => route.fulfill({ json: { tasks: [], next_cursor: null } }));
  const stats = await call('GET', '/stats?window=14d');
  const none = Object.fromEntries(Object.keys(stats.outcomes).map((name) => [name, 0]));
  const empty = { ...stats, finished: 0, succeeded: 0, silent_noop_rate: null, unknown_share: null, outcomes: none, reasons: [], retried: [], newest_causes: [], no_op_details: [],
    buckets: stats.buckets.map((one) => ({ ...one, outcomes: none, reasons: {} })) };
  await page.route('**/stats?*', (route) => route.fulfill({ json: empty }));
  await open(page, '/runs', '.note');
  await seen(page.getByText('Nothing ran yet'));
  assert.equal(await page.locator('.glance').isVisible(), false);
  await picture(page, 'nothing');
  await open(page, '/failures', '.note');
  await seen(page.getByText('No run has ended in this time.'));
  assert.doesNotMatch(await page.locator('main').innerText(), /No failures|did what it should/);
});

check('shows the last day at a glance', async (page) => {
  await open(page, '/runs', '.glance a');
  const tiles = page.locator('.glance a');
  assert.match(await tiles.nth(0).innerText(), /\d+\s+runs? failed\s+Last 24 hours/);
  assert.match(await tiles.nth(1).innerText(), /posted nothing[\s\S]*% of \d+/);
  assert.match(await tiles.nth(2).innerText(), /[1-9]\d*\s+messages? not delivered/);
  await tiles.nth(1).click();
  await page.waitForURL(/outcome=silent_noop/);
  await seen(page.locator('ol.runs .badge', { hasText: 'Posted nothing' }));
  assert.equal(await page.locator('select[name=outcome]').inputValue(), 'silent_noop');
});

check('follows what happens without a reload', async (page) => {
  await open(page, '/runs', 'ol.runs');
  await seen(page.locator('#live.live'));
  await page.evaluate(() => { window.sameDocument = true; });
  await page.mouse.move(640, 5);
  const task = await create({ title: `Live ${mark}` });
  await seen(row(page, task));
  await row(page, task).locator('a').first().focus();
  await report(task, { status: 'running', runner_id: 'page-3' });
  await seen(row(page, task).locator('.badge', { hasText: 'Running' }));
  assert.equal(await page.evaluate(() => document.activeElement.dataset.focus), task.id, 'focus outlives the change');
  await report(task, { status: 'failed', detail: 'stopped half way' });
  await seen(row(page, task).locator('.line', { hasText: 'stopped half way' }));
  assert.equal(await page.evaluate(() => window.sameDocument), true);
});

check('does not move rows under the cursor of the reader', async (page) => {
  await open(page, '/runs', 'ol.runs');
  await seen(page.locator('#live.live'));
  const first = page.locator('ol.runs > li').first();
  const key = await first.getAttribute('data-key');
  await first.hover();
  const task = await create({ title: `Meanwhile ${mark}` });
  const bar = page.getByRole('button', { name: '1 new run' });
  await seen(bar);
  assert.equal(await page.locator('ol.runs > li').first().getAttribute('data-key'), key);
  assert.equal(await row(page, task).count(), 0);
  // What is on the screen still changes in place.
  await report(task, { status: 'running', runner_id: 'page-3' });
  await create({ title: `Meanwhile too ${mark}` });
  await seen(page.getByRole('button', { name: '2 new runs' }));
  await picture(page, 'new-runs');
  await page.getByRole('button', { name: '2 new runs' }).click();
  await seen(row(page, task));
  await gone(page.locator('.fresh'));
});

check('narrows the list by filters that live in the address', async (page, runs) => {
  await open(page, '/runs', 'form.filters');
  await page.selectOption('select[name=outcome]', 'silent_noop');
  await page.waitForURL(/outcome=silent_noop/);
  await page.fill('input[name=q]', mark);
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`q=${mark}`));
  await seen(row(page, runs.silent));
  await gone(row(page, runs.failed));
  await page.goBack();
  await page.waitForURL((to) => !to.search.includes('q='));
  await page.waitForFunction(() => document.forms[0].elements.q.value === '');
  for (const [query, shown, hidden] of [
    [`status=timed_out&q=${mark}`, 'timedOut', 'failed'], [`failure_reason=agent_error.process_failure&q=${mark}`, 'twice', 'failed'],
    [`kind=build&q=${mark}`, 'build', 'failed'], [`runner_id=page-2&q=${mark}`, 'twice', 'failed'],
    [`within=1h&q=${mark}`, 'failed', null], [`q=${mark}+semicolon`, 'build', 'failed'], [`until=2020-01-01T00:00:00Z`, null, 'failed']]) {
    await open(page, `/runs?${query}`, '.filters');
    if (shown) await seen(row(page, runs[shown]));
    else await seen(page.getByText('No run matches'));
    if (hidden) assert.equal(await row(page, runs[hidden]).count(), 0, query);
  }
  await open(page, `/runs?status=queued&failure_reason=timeout&kind=k&runner_id=r&within=7d`, '.filters');
  assert.deepEqual(await page.evaluate(() => ['status', 'failure_reason', 'kind', 'runner_id', 'within'].map((name) => document.forms[0].elements[name].value)),
    ['queued', 'timeout', 'k', 'r', '7d']);
  await page.getByRole('link', { name: 'Clear all filters' }).first().click();
  await page.waitForURL(`${url}/runs`);
  await seen(page.locator('ol.runs li'));
  await page.selectOption('select[name=within]', 'between');
  await seen(page.locator('input[name=since]'));
  await page.fill('input[name=until]', '2020-01-01T00:00');
  await page.locator('input[name=until]').blur();
  await page.waitForURL(/until=2019-12-31T16/);
  await seen(page.getByText('No run matches'));
  await picture(page, 'empty');
});

check('pages by keys, back and forth', async (page) => {
  for (let i = 0; i < 110; ++i) await create({ kind: 'paged', title: `Sheet ${i}` });
  await open(page, '/runs?kind=paged', 'ol.runs');
  const rows = page.locator('ol.runs > li');
  assert.equal(await rows.count(), 50);
  const first = await rows.first().getAttribute('data-key');
  await page.getByRole('link', { name: /Older/ }).click();
  await page.waitForFunction((key) => document.querySelector('ol.runs > li').dataset.key !== key, first);
  const second = await rows.first().getAttribute('data-key');
  await page.getByRole('link', { name: /Older/ }).click();
  await page.waitForFunction(() => document.querySelectorAll('ol.runs > li').length === 10);
  assert.equal(await page.getByRole('link', { name: /Older/ }).count(), 0);
  await page.getByRole('link', { name: /Newer/ }).click();
  await page.waitForFunction((key) => document.querySelector('ol.runs > li').dataset.key === key, second);
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll('ol.runs > li').length === 10);
  await page.reload();
  await seen(rows);
  assert.equal(await rows.count(), 10, 'the address names the page');
  await page.goBack();
  await page.waitForFunction((key) => document.querySelector('ol.runs > li').dataset.key === key, second);
  await page.getByRole('link', { name: 'Newest' }).click();
  await page.waitForFunction((key) => document.querySelector('ol.runs > li').dataset.key === key, first);
});

check('comes back to where the reader was', async (page) => {
  await open(page, '/runs?kind=paged', 'ol.runs');
  const last = page.locator('ol.runs > li').nth(40);
  await last.scrollIntoViewIfNeeded();
  const at = await page.evaluate(() => scrollY);
  await last.locator('a').evaluate((one) => one.click());
  await seen(page.locator('.columns'));
  await page.goBack();
  await seen(page.locator('ol.runs'));
  await page.waitForFunction((y) => Math.abs(scrollY - y) < 60, at);
});

check('keeps what left a filter truthful', async (page) => {
  const task = await finished({ title: `Left ${mark}`, kind: 'left' }, { status: 'failed', detail: 'x' });
  await open(page, '/runs?kind=left&status=failed', 'ol.runs');
  await seen(page.locator('#live.live'));
  await row(page, task).hover();
  await call('POST', `/tasks/${task.id}/retry`, {});
  await report(task, { status: 'running', runner_id: 'page-3' });
  await seen(row(page, task).locator('.badge', { hasText: 'Running' }));
});
