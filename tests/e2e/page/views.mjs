// Failures, deliveries with their mutes, runners.

import assert from 'node:assert/strict';
import { call, check, confirm, eventually, finished, gone, heartbeat, open, picture, refused, seen, url } from './world.mjs';
import { mark } from './seed.mjs';

check('plots failures and silent runs, with a table behind each', async (page) => {
  await open(page, '/failures', 'svg.plot');
  const stats = await call('GET', '/stats?window=14d');
  const figures = await page.locator('.figures').innerText();
  for (const n of [stats.outcomes.failed, stats.outcomes.silent_noop]) assert.match(figures, new RegExp(`\\b${n}\\b`));
  assert.equal(await page.locator('svg.plot').count(), 2);
  const bars = page.locator('svg.plot').first().locator('a');
  assert.ok(await bars.count() >= 1);
  assert.match(await bars.last().getAttribute('aria-label'), /\d+ runs? failed/);
  const plotted = page.locator('section', { has: page.locator('#per-bucket') });
  await plotted.getByText('As a table').click();
  const table = plotted.getByRole('table');
  await seen(table);
  assert.equal(await table.locator('tbody tr').count(), stats.buckets.length);
  const sums = await table.locator('tbody tr td:nth-child(2)').allInnerTexts();
  assert.equal(sums.reduce((all, one) => all + Number(one.replaceAll(',', '')), 0), stats.buckets.reduce((all, one) => all + one.outcomes.failed, 0));
  await picture(page, 'failures', true);
});

check('leads from a figure to the runs behind it', async (page) => {
  await open(page, '/failures', 'svg.plot');
  const bar = page.locator('svg.plot').first().locator('a').last();
  await bar.focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/runs\?.*outcome=failed.*since=.*until=/);
  await seen(page.locator('ol.runs .badge.bad'));
  await open(page, '/failures', 'svg.plot');
  await page.locator('#reasons ~ * a').first().click();
  await page.waitForURL(/failure_reason=/);
  await seen(page.locator('ol.runs .badge.bad'));
  await open(page, '/failures', 'svg.plot');
  await page.locator('#causes ~ .causes a', { hasText: 'nobody hears this' }).first().click();
  await page.waitForURL(/\/runs\?.*cause=[0-9a-f]{16}/);
  await seen(page.locator('ol.runs .line', { hasText: 'nobody hears this' }));
  await open(page, '/failures', 'svg.plot');
  await page.locator('.cause', { hasText: 'nobody hears this' }).first().getByRole('link', { name: 'The newest run' }).click();
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
  await seen(page.locator('.columns'));
});

check('narrows the failures by time and kind', async (page) => {
  await open(page, '/failures', 'svg.plot');
  await page.selectOption('select[name=window]', '24h');
  await page.waitForURL(/window=24h/);
  await page.waitForFunction(() => document.querySelectorAll('#per-bucket ~ details tbody tr').length >= 24);
  await page.fill('input[name=kind]', `none-${mark}`);
  await page.keyboard.press('Enter');
  await page.waitForURL(/kind=none/);
  await seen(page.getByText('No run has ended in this time.'));
  await page.goBack();
  await seen(page.locator('svg.plot'));
});

check('keeps to the time asked for last, however late another answer comes', async (page) => {
  await open(page, '/failures', 'svg.plot');
  await page.route(/\/stats\?.*window=7d/, async (route) => {
    await new Promise((done) => setTimeout(done, 1500));
    await route.continue();
  });
  await page.selectOption('select[name=window]', '7d');
  await page.waitForURL(/window=7d/);
  await page.selectOption('select[name=window]', '24h');
  const hours = () => document.querySelectorAll('#per-bucket ~ details tbody tr').length >= 24;
  await page.waitForFunction(hours);
  await page.waitForTimeout(2500);
  assert.equal(await page.evaluate(hours), true);
});

check('counts a new failure while one looks on', async (page) => {
  await open(page, '/failures', 'svg.plot');
  await seen(page.locator('#live.live'));
  await finished({ title: `Counted ${mark}`, kind: 'counted' }, { status: 'failed', detail: `a cause of its own ${mark}` });
  await page.waitForTimeout(3200);
  await finished({ title: `Counted ${mark}`, kind: 'counted' }, { status: 'failed', detail: `a cause of its own ${mark}` });
  await seen(page.locator('.causes', { hasText: `a cause of its own ${mark}` }));
});

check('shows what was delivered, what waits and what did not arrive', async (page) => {
  await open(page, '/deliveries', '.tellings');
  await seen(page.locator('.telling.sent'));
  await page.getByRole('navigation', { name: 'State' }).getByRole('link', { name: /Not delivered/ }).click();
  await page.waitForURL(/state=dead/);
  await gone(page.locator('.telling.sent'));
  await seen(page.locator('.telling.dead'));
  await page.selectOption('.tools select', 'team-octo');
  await page.waitForURL(/relay=team-octo/);
  await seen(page.locator('.telling.dead'));
});

check('puts messages that did not arrive together, with advice, and sends a group again', async (page, runs) => {
  for (let i = 0; i < 2; ++i) await finished({ title: `Unheard ${i} ${mark}`, chat_session_id: 'page-deaf' }, { status: 'failed', detail: 'nobody hears this either' });
  const dead = async () => (await call('GET', '/deliveries?state=dead&limit=200')).deliveries;
  await eventually('three that are dead', async () => (await dead()).length >= 3);
  const count = (await dead()).length;
  await open(page, '/deliveries?state=dead', '.telling.dead');
  assert.equal(await page.locator('.telling').count(), 1, 'one chat, one error');
  const group = page.locator('.telling.dead');
  assert.match(await group.innerText(), new RegExp(`${count} messages[\\s\\S]*team-octo[\\s\\S]*deaf-room[\\s\\S]*403[\\s\\S]*add the bot to the chat[\\s\\S]*${count} runs`));
  await group.getByText(`${count} runs`).click();
  await seen(group.getByRole('link', { name: `Undelivered ${mark}` }));
  await picture(page, 'deliveries', true);
  const tries = await refused();
  await group.getByRole('button', { name: `Send ${count} again` }).click();
  await page.getByRole('dialog').getByRole('button', { name: `Send ${count} again` }).click();
  await seen(page.getByText(`${count} messages will be sent again.`));
  await eventually('the next tries', async () => await refused() > tries);
  await eventually('them to fail again', async () => (await dead()).length >= count);
  await open(page, '/deliveries?state=dead', '.telling.dead');
  await page.locator('.telling.dead').getByText(`${count} runs`).click();
  await page.locator('.telling.dead').getByRole('link', { name: `Undelivered ${mark}` }).click();
  await page.waitForURL(`${url}/runs/${runs.undelivered.id}`);
});

check('sends everything again after asking', async (page) => {
  await open(page, '/deliveries?state=dead', '.telling.dead');
  const dead = async () => (await call('GET', '/deliveries?state=dead')).deliveries.length;
  const [before, tries] = [await dead(), await refused()];
  await page.getByRole('button', { name: 'Send all again' }).click();
  await confirm(page, 'Send all again');
  await seen(page.getByText(/\d+ messages? will be sent again\./));
  await eventually('the next tries', async () => await refused() > tries);
  await eventually('them to fail again', async () => await dead() >= before);
});

check('mutes a chat for a while and unmutes it', async (page) => {
  await open(page, '/deliveries', '.tellings');
  await seen(page.getByText('No chat is muted.'));
  await page.getByRole('button', { name: 'Mute a chat…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('[name=relay]').selectOption('team-octo');
  await dialog.locator('[name=chat_id]').fill('team-room');
  await dialog.locator('[name=for]').selectOption('4h');
  await dialog.locator('[name=note]').fill(`upkeep ${mark}`);
  await picture(page, 'mute');
  await confirm(page, 'Mute');
  await seen(page.getByText('The chat is muted.'));
  const [mute] = (await call('GET', '/mutes')).mutes;
  assert.equal(mute.chat_id, 'team-room');
  assert.ok(Math.abs(new Date(mute.until) - Date.now() - 4 * 3600e3) < 60e3);
  await finished({ title: `Held ${mark}`, chat_session_id: 'page-team' }, { status: 'failed', detail: 'held back' });
  await seen(page.locator('.rows', { hasText: '1 message waits' }));
  // Where its messages are, too; and held is not waiting.
  await seen(page.locator('.telling', { hasText: 'team-room' }).first().getByText(/muted until/));
  await seen(page.getByText(/none is waiting · 1 held by a mute/));
  await page.getByRole('link', { name: /^Waiting/ }).click();
  await seen(page.locator('.telling.group.pending', { hasText: 'muted until' }));
  await open(page, '/runs', '.glance a');
  assert.match(await page.locator('.glance a').nth(2).innerText(), /none is waiting · 1 held by a mute/);
  await open(page, '/deliveries', '.tellings');
  await page.getByRole('button', { name: 'Unmute' }).click();
  await confirm(page, 'Unmute');
  await seen(page.getByText('No chat is muted.'));
  await eventually('what waited to be told', async () => (await call('GET', '/deliveries?state=sent&limit=200')).deliveries.some((one) => one.text?.includes(`Held ${mark}`)));
});

check('shows which runners live, which fell silent, and what they do', async (page, runs) => {
  await eventually('silence', async () => (await call('GET', '/runners?limit=200')).runners.some((one) => one.id === 'page-gone' && one.silent));
  await open(page, '/runners', '.runner');
  const alive = page.locator('.runner', { hasText: 'page-alive' });
  assert.match(await alive.innerText(), /Alive[\s\S]*Running[\s\S]*Running page/);
  assert.match(await page.locator('.runner', { hasText: 'page-gone' }).innerText(), /Silent[\s\S]*It has no run now/);
  await picture(page, 'runners', true);
  // It lives on, and its card with it: a click must not go astray.
  const card = await alive.elementHandle();
  const seenAt = () => alive.locator('[data-moving=seen] time').getAttribute('datetime');
  const before = await seenAt();
  await eventually('a new sign of life', async () => await seenAt() !== before);
  assert.ok(await card.evaluate((one) => one.isConnected), 'the same card');
  await alive.getByRole('link', { name: `Running ${mark}` }).click();
  await page.waitForURL(`${url}/runs/${runs.running.id}`);
  await page.goBack();
  await page.getByRole('link', { name: 'page-alive' }).click();
  await page.waitForURL(/runner_id=page-alive/);
  await heartbeat('page-fresh');
  await open(page, '/runners', '.runner');
  await seen(page.locator('.runner', { hasText: 'page-fresh' }));
});
