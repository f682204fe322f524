// Daily work in the list: many rows at a glance, many runs at once, views, files.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { call, check, confirm, create, eventually, finished, gone, open, picture, row, seen, url } from './world.mjs';
import { mark } from './seed.mjs';

const statuses = async (tasks) => Promise.all(tasks.map(async (task) => (await call('GET', `/tasks/${task.id}`)).status));
const pick = (page, task) => row(page, task).getByRole('checkbox');

check('shows twenty runs or more without scrolling, and keeps filters in sight', async (page) => {
  for (let i = 0; i < 40; ++i) await create({ kind: 'dense', title: `A change with a long title that does not fit into a line of the list, not even on a wide screen, number ${i}` });
  await page.setViewportSize({ width: 1440, height: 900 });
  await open(page, '/runs', '.glance a');
  await seen(page.locator('ol.runs > li').nth(30));
  const inSight = () => page.evaluate(() => {
    const from = document.querySelector('.work-top').getBoundingClientRect().bottom;
    return [...document.querySelectorAll('ol.runs > li')].map((one) => one.getBoundingClientRect())
      .filter((one) => one.top >= from - 1 && one.bottom <= innerHeight).length;
  });
  const many = await inSight();
  assert.ok(many >= 20, `${many} runs in sight`);
  await page.mouse.wheel(0, 600);
  await page.waitForFunction(() => scrollY > 300);
  assert.ok(await page.locator('form.filters input[type=search]').evaluate((one) => one.getBoundingClientRect().top >= 0), 'filters stay in sight');
  await picture(page, 'dense');
  await page.selectOption('select[name=density]', 'comfortable');
  assert.ok(await inSight() < many);
  await page.reload();
  await seen(page.locator('ol.runs > li').first());
  assert.equal(await page.locator('select[name=density]').inputValue(), 'comfortable', 'it is remembered');
});

check('calls kinds and runners by their names as they are', async (page) => {
  const task = await finished({ title: `Named ${mark}`, kind: 'nightly_etl.v2-beta' }, { status: 'failed', detail: 'no room' });
  await open(page, `/runs?kind=nightly_etl.v2-beta`, 'ol.runs');
  assert.equal(await row(page, task).locator('.fact-kind').innerText(), 'nightly_etl.v2-beta');
  assert.equal(await row(page, task).locator('.fact-runner').innerText(), 'page-1');
  await open(page, `/runs/${task.id}`, '.columns');
  assert.equal(await page.locator('#line').innerText(), 'nightly_etl.v2-beta failed: no room');
});

check('tells when a run was asked for, which is what sorts the list', async (page) => {
  const first = await create({ kind: 'sorted', title: 'Asked for first' });
  const second = await create({ kind: 'sorted', title: 'Asked for second' });
  await call('POST', `/tasks/${first.id}/cancel`, {}); // it is the last that changed
  await open(page, '/runs?kind=sorted', 'ol.runs');
  assert.deepEqual(await page.locator('ol.runs > li').evaluateAll((all) => all.map((one) => one.dataset.key)), [second.id, first.id]);
  assert.deepEqual(await page.locator('.run-when time').evaluateAll((all) => all.map((one) => one.dateTime)), [second.created_at, first.created_at]);
  assert.equal(await page.locator('.total').innerText(), '2 runs');
});

check('goes to the run whose id or link one searches for', async (page, runs) => {
  for (const text of [runs.failed.id, `  ${runs.failed.id.toUpperCase()} `, `${url}/runs/${runs.failed.id}?x=1`]) {
    await open(page, '/runs', 'ol.runs');
    await page.fill('input[name=q]', text);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${url}/runs/${runs.failed.id}`);
    await seen(page.locator('h1', { hasText: `Failed ${mark}` }));
  }
});

check('runs what is selected again, counting first', async (page) => {
  const kind = `again-${mark}`;
  const ended = [];
  for (let i = 0; i < 5; ++i) ended.push(await finished({ title: `Bulk ${i}`, kind }, { status: 'failed', detail: 'x' }));
  const waiting = await create({ title: 'Bulk waiting', kind });
  await open(page, `/runs?kind=${kind}`, 'ol.runs');
  await page.getByRole('checkbox', { name: 'Select all shown' }).check();
  await seen(page.getByText('6 selected'));
  await pick(page, ended[0]).uncheck();
  await seen(page.getByText('5 selected'));
  await picture(page, 'selected');
  await page.getByRole('button', { name: 'Run 4 again' }).click();
  await seen(page.getByText('1 of those selected has not ended and stays as it is.'));
  await page.keyboard.press('Escape');
  await gone(page.getByRole('dialog'));
  assert.deepEqual(await statuses(ended), Array(5).fill('failed'), 'nothing without a yes');
  await page.getByRole('button', { name: 'Run 4 again' }).click();
  await confirm(page, 'Run 4 again');
  await seen(page.getByText('4 runs are queued again.'));
  assert.deepEqual(await statuses([...ended, waiting]), ['failed', 'queued', 'queued', 'queued', 'queued', 'queued']);
  await gone(page.locator('.picked'));
});

check('cancels a range of runs, shows how far it is and stops on demand', async (page) => {
  const kind = `cancel-${mark}`;
  const tasks = [];
  for (let i = 0; i < 12; ++i) tasks.push(await create({ title: `Range ${i}`, kind }));
  await open(page, `/runs?kind=${kind}`, 'ol.runs');
  // Newest first: the last two made are over the range.
  await pick(page, tasks[9]).click();
  await pick(page, tasks[0]).click({ modifiers: ['Shift'] });
  await seen(page.getByText('10 selected'));
  let go = null;
  const held = new Promise((done) => { go = done; });
  await page.route('**/tasks/*/cancel', async (route) => { await held; await route.continue(); });
  await page.getByRole('button', { name: 'Cancel 10' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel 10' }).click();
  const progress = page.getByRole('progressbar');
  await seen(progress);
  assert.deepEqual(await progress.evaluate((one) => [one.value, one.max]), [0, 10]);
  await picture(page, 'progress');
  await page.getByRole('button', { name: 'Stop' }).click();
  go();
  await seen(page.getByText('6 were not begun.'));
  await page.getByRole('button', { name: 'Close' }).click();
  await seen(page.getByText('4 runs are cancelled.'));
  await eventually('four to be cancelled', async () => (await statuses(tasks)).filter((one) => one === 'cancelled').length === 4);
});

check('says which of many were refused and why', async (page) => {
  const kind = `refused-${mark}`;
  const tasks = [];
  for (let i = 0; i < 3; ++i) tasks.push(await create({ title: `Refused ${i}`, kind }));
  await open(page, `/runs?kind=${kind}`, 'ol.runs');
  await page.getByRole('checkbox', { name: 'Select all shown' }).check();
  await page.route('**/tasks/*/cancel', (route) => (route.request().url().includes(tasks[1].id)
    ? route.fulfill({ status: 409, contentType: 'application/problem+json', body: '{"code":"x","detail":"it has just ended"}' }) : route.continue()));
  await page.getByRole('button', { name: 'Cancel 3' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel 3' }).click();
  await seen(page.getByText('1 × it has just ended'));
  await seen(page.getByText('3 of 3 done').or(page.getByText('2 of 3 done, 1 refused')));
  await page.getByRole('button', { name: 'Close' }).click();
  await seen(page.getByText('2 runs are cancelled.'));
});

check('keeps views by name in the browser, and their filters in the address', async (page) => {
  await open(page, `/runs?outcome=failed&q=${mark}`, 'ol.runs');
  await page.getByText('Views', { exact: true }).click();
  await page.getByRole('button', { name: 'Save this view…' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('My failures');
  await page.keyboard.press('Enter');
  await seen(page.getByText('Saved as “My failures”.'));
  await open(page, '/runs', 'ol.runs');
  await page.getByText('Views', { exact: true }).click();
  await picture(page, 'views');
  await page.getByRole('link', { name: 'My failures' }).click();
  await page.waitForURL(new RegExp(`outcome=failed&q=${mark}`));
  await seen(page.locator('ol.runs .badge.bad').first());
  await page.getByText('Views', { exact: true }).click();
  await page.getByRole('button', { name: 'Forget “My failures”' }).click();
  await page.getByText('Views', { exact: true }).click();
  assert.equal(await page.getByRole('link', { name: 'My failures' }).count(), 0);
});

check('exports what the filters let through, as CSV and as JSON', async (page) => {
  const kind = `export-${mark}`;
  for (let i = 0; i < 205; ++i) await create({ kind, title: i === 7 ? '=HYPERLINK("x"), "quoted"' : `Exported ${i}` });
  await open(page, `/runs?kind=${kind}`, 'ol.runs');
  const take = async (name) => {
    await page.getByText('Export', { exact: true }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
    await seen(page.getByText('205 runs exported.'));
    return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')];
  };
  const [csvName, csv] = await take('CSV, for a table');
  assert.match(csvName, /^runs-[-0-9T]+\.csv$/);
  const lines = csv.replace('\ufeff', '').trimEnd().split('\r\n');
  assert.equal(lines.length, 206, 'a head, and more than a call gives');
  assert.match(lines[0], /^id,title,kind,status,/);
  assert.ok(lines.some((one) => one.includes(`,"'=HYPERLINK(""x""), ""quoted""",${kind},queued,`)), 'no formula, all of its words');
  const [jsonName, json] = await take('JSON, for a program');
  assert.match(jsonName, /\.json$/);
  assert.equal(JSON.parse(json).tasks.length, 205);
});

check('gives readers no boxes to tick', async (page) => {
  await open(page, '/runs', 'ol.runs');
  assert.equal(await page.locator('main input[type=checkbox]:visible').count(), 0);
}, { token: process.env.TELLTALE_READER_TOKEN });
