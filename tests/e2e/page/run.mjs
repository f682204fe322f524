// A run: its story, what was told, and what an operator may do about it.

import assert from 'node:assert/strict';
import { call, check, confirm, create, eventually, gone, open, picture, refused, report, seen, started, url } from './world.mjs';
import { mark } from './seed.mjs';

check('shows a run with every attempt', async (page, runs) => {
  await open(page, `/runs/${runs.twice.id}`);
  assert.equal(await page.locator('#line').innerText(), 'Review did not post: second words');
  assert.equal(await page.locator('.attempt').count(), 2);
  assert.match(await page.locator('.attempt').nth(0).innerText(), /Attempt 2[\s\S]*page-2[\s\S]*agent_error\.process_failure[\s\S]*second words/);
  assert.match(await page.locator('.attempt').nth(1).innerText(), /Attempt 1[\s\S]*page-1[\s\S]*runtime_recovery[\s\S]*first words/);
  assert.ok((await page.title()).startsWith(`Twice ${mark}`));
  assert.match(await page.locator('.telling').first().innerText(), /audit[\s\S]*A webhook: a program gets the event as signed JSON/);
  await picture(page, 'run', true);
});

check('tells a late success, why the platform ended the attempt, and both messages', async (page, runs) => {
  await open(page, `/runs/${runs.late.id}`);
  const attempt = page.locator('.attempt').first();
  await seen(attempt.getByRole('heading', { name: 'Why the platform ended it' }));
  assert.match(await attempt.locator('.evidence').innerText(), /runner restarted/);
  await seen(attempt.getByRole('heading', { name: 'Reported after it had ended' }));
  await seen(page.locator('.run-head .badge', { hasText: 'Recovered' }));
  const told = page.locator('.telling', { hasText: 'team-room' });
  await seen(told.nth(1));
  assert.match(await told.first().innerText(), /Sent[\s\S]*team-octo[\s\S]*⚠️[\s\S]*The chat answered/);
  assert.match(await told.nth(1).innerText(), /✅/);
  assert.ok((await told.first().locator('code').innerText()).length > 0, 'the id that the chat gave');
  await picture(page, 'run-late', true);
});

check('has the raw data to copy', async (page, runs) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, `/runs/${runs.failed.id}`);
  await page.getByText('Raw data').click();
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await seen(page.getByText('Copied.'));
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  assert.equal(copied.id, runs.failed.id);
  assert.ok(copied.deliveries.length > 0);
});

check('has the reason on top while the run is tried again', async (page, runs) => {
  await open(page, `/runs/${runs.retrying.id}`);
  assert.equal(await page.locator('#line').innerText(), 'Attempt 1 failed: 429 overloaded');
  assert.match(await page.locator('.lead').innerText(), /overloaded or limits the request rate\.[\s\S]*Another attempt/);
  const task = await started({ title: `Under way ${mark}`, max_attempts: 2 });
  await report(task, { status: 'failed', failure_reason: 'agent_error.provider_network', detail: 'stream cut' });
  await report(task, { status: 'running', runner_id: 'page-2' });
  await open(page, `/runs/${task.id}`);
  assert.equal(await page.locator('#line').innerText(), 'Attempt 1 failed: stream cut');
  await seen(page.getByText('Attempt 2 is under way.'));
  await picture(page, 'run-retried', true);
});

check('puts attempts that ended alike together', async (page) => {
  const task = await create({ title: `Alike ${mark}`, max_attempts: 4 });
  for (const [runner, detail] of [['page-1', 'no route'], ['page-2', 'no route'], ['page-3', 'no route'], ['page-4', 'disk full']]) {
    await report(task, { status: 'running', runner_id: runner });
    await report(task, { status: 'failed', failure_reason: 'agent_error.provider_network', detail });
  }
  await open(page, `/runs/${task.id}`);
  assert.deepEqual(await page.locator('.attempt h3').allInnerTexts().then((all) => all.map((one) => one.replace(/\s+/g, ' ').trim())), ['Attempt 4 Failed', 'Attempts 1 to 3 Failed']);
  const group = page.locator('.attempt').nth(1);
  await group.getByText('3 attempts ended alike').click();
  assert.match(await group.innerText(), /Attempt 3[\s\S]*page-3[\s\S]*Attempt 2[\s\S]*page-2[\s\S]*Attempt 1[\s\S]*page-1/);
  assert.equal(await group.locator('pre').count(), 1, 'the same words once');
});

check('folds, wraps and copies what a runner said', async (page, runs) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, `/runs/${runs.huge.id}`);
  const pre = page.locator('.attempt pre').first();
  assert.equal(await page.locator('.attempt pre').count(), 1);
  await page.getByRole('button', { name: /^Show all [\d,]+ characters$/ }).click();
  assert.ok((await pre.innerText()).length > 20000);
  await page.getByRole('button', { name: 'Show less' }).click();
  assert.ok((await pre.innerText()).length < 5000);
  await page.getByRole('button', { name: 'Copy the detail' }).click();
  await seen(page.getByText('Copied.'));
  const detail = (await call('GET', `/tasks/${runs.huge.id}`)).attempts[0].error_detail;
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), detail, 'all of it, folded or not');
  await page.getByRole('checkbox', { name: 'Wrap long lines' }).uncheck();
  assert.equal(await pre.evaluate((one) => getComputedStyle(one).whiteSpaceCollapse + getComputedStyle(one).textWrapMode), 'preservenowrap');
  await page.reload();
  await seen(pre);
  assert.equal(await page.getByRole('checkbox', { name: 'Wrap long lines' }).isChecked(), false, 'it is remembered');
});

check('copies a brief for a colleague or an agent', async (page) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const key = `sk-${'ant'}-${mark}${'0aB1cD2eF3'.repeat(3)}`;
  const task = await started({ title: `Brief ${mark}`, max_attempts: 2, source_url: 'https://example.com/pull/7', chat_session_id: 'page-team' });
  await report(task, { status: 'failed', failure_reason: 'agent_error.provider_network', detail: 'stream cut' });
  await report(task, { status: 'running', runner_id: 'page-2' });
  await report(task, { status: 'failed', failure_reason: 'agent_error.process_failure', detail: `token=${key}\n\`\`\`\nfatal: the branch is gone\nexit status 1` });
  await open(page, `/runs/${task.id}`);
  await page.getByRole('button', { name: 'Copy as a brief' }).click();
  await seen(page.getByText('Copied.'));
  const brief = await page.evaluate(() => navigator.clipboard.readText());
  for (const part of [`# Brief ${mark}`, 'Failed · review · 2 of 2', '1. Failed, page-1', 'stream cut', 'agent_error.process_failure', 'fatal: the branch is gone',
    `- Run: ${url}/runs/${task.id}`, '- Source: https://example.com/pull/7', '- audit: ']) assert.ok(brief.includes(part), `${part}\nin\n${brief}`);
  assert.ok(!brief.includes(key), 'without its secret');
  assert.equal(brief.match(/^`{4}$/gm)?.length, 2, 'fences that the detail does not close');
});

check('lets one copy by keyboard where pages may not', async (page, runs) => {
  await page.addInitScript(() => { Object.defineProperty(navigator, 'clipboard', { value: undefined }); });
  await open(page, `/runs/${runs.failed.id}`);
  await page.getByRole('button', { name: 'Copy the detail' }).click();
  const area = page.getByRole('textbox', { name: 'Copy this by keyboard' });
  await seen(area);
  assert.equal(await area.evaluate((one) => one.value.slice(one.selectionStart, one.selectionEnd)), 'dial tcp 203.0.113.7:443: connection refused\nexit status 1');
  await page.keyboard.press('Escape');
});

check('leads out to what the run was asked for and what came of it', async (page, runs) => {
  await open(page, `/runs/${runs.delivered.id}`);
  const link = page.locator('.links-out a');
  assert.equal(await link.getAttribute('href'), 'https://example.com/r/1');
  assert.equal(await link.getAttribute('rel'), 'noreferrer noopener');
});

check('says of a run who was told and when, and why nobody was', async (page, runs) => {
  await open(page, `/runs/${runs.failed.id}`);
  assert.match(await page.locator('.told-summary').innerText(), /Told\s+team-octo team-room[\s\S]*after the report/);
  await open(page, `/runs/${runs.build.id}`);
  assert.match(await page.locator('.told-summary').innerText(), /Nobody told[\s\S]*· \w+/);
});

check('never sends a reader of the run to the run', async (page, runs) => {
  for (const run of [runs.twice, runs.failed, runs.build]) {
    await open(page, `/runs/${run.id}`);
    assert.doesNotMatch(await page.locator('.lead').innerText(), /open the run/i);
  }
});

check('runs again, cancels and sends again after asking', async (page, runs) => {
  const task = await started({ title: `Act ${mark}` });
  await report(task, { status: 'failed', detail: 'to be tried again' });
  await open(page, `/runs/${task.id}`);
  await seen(page.locator('#live.live'));
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.keyboard.press('Escape');
  await gone(page.getByRole('dialog'));
  assert.equal((await call('GET', `/tasks/${task.id}`)).status, 'failed', 'nothing without a yes');
  await page.getByRole('button', { name: 'Run again' }).click();
  await picture(page, 'ask');
  await confirm(page, 'Run again');
  await seen(page.getByText('The run is queued again.'));
  await seen(page.locator('.run-head .badge', { hasText: 'Retrying' }));
  await report(task, { status: 'running', runner_id: 'page-4' });
  await seen(page.locator('.attempt').nth(1));
  await page.getByRole('button', { name: 'Cancel the run' }).click();
  await confirm(page, 'Cancel the run');
  await seen(page.locator('.run-head .badge', { hasText: 'Cancelled' }));

  await open(page, `/runs/${runs.undelivered.id}`);
  const dead = page.locator('.telling.dead');
  await seen(dead);
  assert.match(await dead.first().innerText(), /Not delivered[\s\S]*Last error/);
  const before = await refused();
  await dead.getByRole('button', { name: 'Send again' }).first().click();
  await confirm(page, 'Send again');
  await seen(page.getByText('It will be sent again.'));
  await eventually('the next try', async () => await refused() > before);
  await eventually('the message to fail again', async () => (await call('GET', `/tasks/${runs.undelivered.id}`)).deliveries
    .some((one) => one.chat_id === 'deaf-room' && one.state === 'dead'));
});

check('follows a run as it goes on', async (page) => {
  const task = await create({ title: `Going ${mark}` });
  await open(page, `/runs/${task.id}`);
  await seen(page.locator('#live.live'));
  await seen(page.getByText('No attempt has started yet.'));
  await page.getByText('Raw data').click();
  await report(task, { status: 'running', runner_id: 'page-5' });
  await seen(page.locator('.attempt', { hasText: 'page-5' }));
  assert.equal(await page.locator('#raw').getAttribute('open'), '', 'what was unfolded stays so');
  await report(task, { status: 'succeeded', posted: 0 });
  await seen(page.locator('#line', { hasText: 'Review posted nothing: it ended well and said nothing' }));
  await seen(page.locator('.run-head .badge', { hasText: 'Posted nothing' }));
});

check('says that there is no such run', async (page) => {
  await open(page, '/runs/00000000-0000-7000-8000-000000000000', '.note');
  await seen(page.getByText('There is no such run.'));
  await page.getByRole('link', { name: 'All runs' }).click();
  await seen(page.locator('ol.runs'));
  await open(page, '/runs/no-uuid-at-all', '.note');
  await seen(page.getByText('There is no such run.'));
});

check('shows hostile words as words', async (page, runs) => {
  for (const path of [`/runs?q=${mark}`, '/failures', '/deliveries', `/runs/${runs.hostile.id}`]) {
    await open(page, path);
    assert.equal(await page.evaluate(() => window.harmed), undefined, path);
    assert.equal(await page.locator('main img, main script').count(), 0, path);
  }
  assert.ok((await page.locator('pre').first().innerText()).includes('<script>window.harmed=1</script>'));
  assert.equal(await page.locator('a[href^="javascript:"]').count(), 0);
  assert.equal(await page.getByRole('heading', { name: 'taken over' }).count(), 0);
  await picture(page, 'hostile', true);

  // An override of the writing direction shows, and turns nothing around.
  await open(page, `/runs/${runs.turned.id}`);
  assert.ok(!(await page.locator('body').innerText()).includes('\u202e'));
  assert.match(await page.locator('h1').innerText(), /Turned/);
  assert.ok(await page.locator('h1 bdi').count() === 1, 'set apart from the words around it');
  await picture(page, 'turned', true);

  await open(page, `/runs/${runs.huge.id}`);
  assert.ok((await page.locator('pre').first().innerText()).length < 5000, 'a long text unfolds on demand');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.setViewportSize({ width: 360, height: 740 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});
