// Keys: what they do, where they stay silent, how they are found and switched off.

import assert from 'node:assert/strict';
import { call, check, confirm, create, finished, gone, open, seen, url } from './world.mjs';
import { mark } from './seed.mjs';

const focused = (page) => page.evaluate(() => document.activeElement?.closest('ol.runs > li')?.dataset.key ?? null);

check('moves, selects and acts by single keys', async (page) => {
  const kind = `keys-${mark}`;
  const tasks = [];
  for (let i = 0; i < 4; ++i) tasks.push(await finished({ title: `Keyed ${i}`, kind }, { status: 'failed', detail: 'x' }));
  await open(page, `/runs?kind=${kind}`, 'ol.runs');
  await page.keyboard.press('j');
  assert.equal(await focused(page), tasks[3].id);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  assert.equal(await focused(page), tasks[2].id);
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await seen(page.getByText('2 selected'));
  assert.equal(await focused(page), tasks[1].id, 'where one was');
  await page.keyboard.press('r');
  await confirm(page, 'Run 2 again');
  await seen(page.getByText('2 runs are queued again.'));
  assert.equal((await call('GET', `/tasks/${tasks[2].id}`)).status, 'queued');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
});

check('goes to each view by g and a letter, and to the search by /', async (page) => {
  await open(page, '/runs', 'ol.runs');
  for (const [letter, path] of [['f', '/failures'], ['d', '/deliveries'], ['u', '/runners'], ['r', '/runs']]) {
    await page.keyboard.press('g');
    await page.keyboard.press(letter);
    await page.waitForURL(url + path);
  }
  await seen(page.locator('ol.runs'));
  await page.keyboard.press('/');
  await page.keyboard.type('g f j x ?');
  assert.equal(await page.locator('input[name=q]').inputValue(), 'g f j x ?', 'a field has its letters');
  assert.equal(page.url(), `${url}/runs`);
  await open(page, '/failures', 'h1');
  await page.keyboard.press('/');
  await page.waitForURL(`${url}/runs`);
  await page.waitForFunction(() => document.activeElement.name === 'q');
});

check('acts on a run from its page by a key', async (page) => {
  const task = await create({ title: `Key act ${mark}` });
  await open(page, `/runs/${task.id}`, '.columns');
  await page.keyboard.press('r');
  await confirm(page, 'Cancel the run');
  await seen(page.getByText('The run is cancelled.'));
});

check('shows the keys, and switches them off for those who dictate', async (page) => {
  await open(page, '/runs', 'ol.runs');
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard' });
  await seen(dialog);
  assert.match(await dialog.innerText(), /Search[\s\S]*Next, previous run[\s\S]*Select the run/);
  await dialog.getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  await gone(dialog);
  await page.keyboard.press('g');
  await page.keyboard.press('f');
  assert.equal(page.url(), `${url}/runs`);
  await page.getByRole('button', { name: 'Keyboard' }).click();
  await seen(dialog);
});

check('has the first run within two tabs', async (page) => {
  await open(page, '/runs', 'ol.runs');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), await page.locator('ol.runs > li').first().getAttribute('data-key'));
});
