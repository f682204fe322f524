// Who may see and do what; and a service that is away.

import assert from 'node:assert/strict';
import { check, control, controlUrl, finished, gone, open, operatorToken, picture, readerToken, row, seen, url } from './world.mjs';
import { mark } from './seed.mjs';

const MOST_REQUESTS = 6;

check('asks for a token and keeps it from scripts', async (page) => {
  await open(page, '/runs?outcome=failed', 'form.sign-in');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'token');
  await page.fill('#token', 'not-a-token-of-this-service');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.getElementById('wrong').textContent.length > 0);
  await picture(page, 'sign-in');
  await page.fill('#token', operatorToken);
  await page.keyboard.press('Enter');
  await seen(page.locator('ol.runs'));
  assert.ok(page.url().endsWith('/runs?outcome=failed'), 'where one wanted to go');
  assert.equal(await page.evaluate(() => document.cookie), '', 'the cookie is out of reach');
  assert.ok(!(await page.content()).includes(operatorToken), 'no token in the document');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await seen(page.locator('form.sign-in'));
  await open(page, '/failures', 'form.sign-in');
}, { token: '' });

check('asks again when the token is no longer good', async (page) => {
  await open(page, '/runs', 'ol.runs');
  await page.context().clearCookies();
  await page.getByRole('link', { name: 'Failures' }).click();
  await seen(page.locator('form.sign-in'));
});

check('has no buttons for those who may only read', async (page, runs) => {
  for (const path of [`/runs/${runs.failed.id}`, `/runs/${runs.running.id}`, `/runs/${runs.undelivered.id}`, '/deliveries']) {
    await open(page, path, path === '/deliveries' ? '.telling' : '.columns');
    const names = await page.locator('main button').allInnerTexts();
    assert.deepEqual(names.filter((one) => one && !one.startsWith('Copy')), [], path);
  }
}, { token: readerToken });

check('says what is wrong in each view and offers another try', async (page) => {
  for (const [path, data, there] of [['/runs', '**/tasks?*', 'ol.runs'], ['/failures', '**/stats?*', '.figures'],
    ['/deliveries', '**/deliveries?limit*', '.telling'], ['/runners', '**/runners?limit*', '.runner']]) {
    await page.route(data, (route) => route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"detail":"out of paper","code":"x"}' }));
    await open(page, path, '[role=alert]');
    await seen(page.getByRole('alert').getByText('out of paper'));
    if (path === '/runs') await picture(page, 'error');
    await page.unroute(data);
    await page.getByRole('button', { name: 'Try again' }).click();
    await seen(page.locator(there));
  }
});

check('shows that it is loading where that takes a while', async (page) => {
  let go = null;
  const held = new Promise((done) => { go = done; });
  await page.route('**/stats?*', async (route) => { await held; await route.continue(); });
  await page.goto(`${url}/failures`);
  await seen(page.getByText('Loading…'));
  assert.equal(await page.locator('main').getAttribute('aria-busy'), 'true');
  go();
  await seen(page.locator('.figures'));
  assert.equal(await page.locator('main').getAttribute('aria-busy'), 'false');
});

check('shows what was asked for last, however late what was left comes', async (page) => {
  let go = null;
  const held = new Promise((done) => { go = done; });
  await page.route('**/stats?*', async (route) => { await held; await route.continue().catch(() => {}); });
  await open(page, '/runners', '.runner');
  await page.getByRole('link', { name: 'Failures' }).click();
  await page.waitForURL(`${url}/failures`);
  await page.goBack();
  await seen(page.locator('.runner').first());
  await page.waitForTimeout(600); // past the moment at which a slow view says that it loads
  await seen(page.locator('.runner').first());
  go();
  await page.waitForTimeout(300);
  await seen(page.locator('.runner').first());
  assert.equal(await page.getByText('Loading…').count(), 0);
});

check('stays readable while the service restarts, and recovers by itself', async (page, runs) => {
  if (!controlUrl) return;
  await open(page, `/runs?q=${mark}`, 'ol.runs');
  await seen(page.locator('#live.live'));
  await control('stop');
  await seen(page.locator('#banner'));
  assert.match(await page.locator('#banner').innerText(), /does not answer[\s\S]*\d\d:\d\d/);
  await seen(row(page, runs.failed));
  await picture(page, 'away');
  // Another view cannot be read now; it is there as soon as the service is.
  await page.getByRole('link', { name: 'Deliveries' }).click();
  await seen(page.getByRole('alert'));
  await control('start');
  await gone(page.locator('#banner'));
  await seen(page.locator('h1', { hasText: 'Deliveries' }));
  await seen(page.locator('#live.live'));
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await page.mouse.move(640, 5);
  const task = await finished({ title: `Afterwards ${mark}` }, { status: 'failed', detail: 'seen after the restart' });
  await seen(row(page, task));
});

check('takes up the stream again after a sleep', async (page) => {
  await open(page, '/runs', 'ol.runs');
  await seen(page.locator('#live.live'));
  await page.context().setOffline(true);
  const task = await finished({ title: `Asleep ${mark}` }, { status: 'failed', detail: 'while the machine slept' });
  await page.mouse.move(640, 5);
  await page.waitForTimeout(500);
  await page.context().setOffline(false);
  await seen(row(page, task));
});

check('answers with the page or with data, as the caller wants', async () => {
  const ask = (path, accept, more = {}) => fetch(url + path, { headers: { Accept: accept, Authorization: `Bearer ${operatorToken}`, ...more } });
  for (const path of ['/deliveries', '/runners']) {
    const page = await ask(path, 'text/html,application/xhtml+xml,*/*;q=0.8');
    assert.match(page.headers.get('content-type'), /html/, path);
    const data = await ask(path, 'application/json');
    assert.match(data.headers.get('content-type'), /json/, path);
    for (const one of [page, data]) assert.match(one.headers.get('vary') ?? '', /accept/i, path);
  }
  for (const path of ['/', '/runs', '/runs/x', '/failures']) assert.match((await ask(path, '*/*')).headers.get('content-type'), /html/, path);
  const asset = await ask('/assets/app.js', '*/*');
  const again = await ask('/assets/app.js', '*/*', { 'If-None-Match': asset.headers.get('etag') });
  assert.equal(again.status, 304);
  assert.ok(asset.headers.get('cache-control'));
});

check('answers a browser with the page, wherever it goes', async (page) => {
  for (const path of ['/no/such', '/runs/a/b', '/nothing', '/favicon.ico']) {
    const answer = await page.goto(url + path);
    assert.match(answer.headers()['content-type'], /html/, path);
    assert.equal(answer.status(), 404, path);
    await seen(page.getByRole('heading', { name: 'There is no such page.' }));
  }
  await page.getByRole('link', { name: 'All runs' }).click();
  await seen(page.locator('ol.runs'));
  assert.match((await fetch(`${url}/no/such`)).headers.get('content-type'), /json/, 'a program gets what it can read');
});

check('weighs little and asks seldom', async (page) => {
  const sizes = new Map();
  page.on('request', (request) => { if (!request.url().startsWith('data:')) sizes.set(request.url(), 0); });
  page.on('response', async (response) => {
    if (!response.url().endsWith('/events')) sizes.set(response.url(), (await response.body().catch(() => '')).length);
  });
  await open(page, '/runs', '.glance a');
  await seen(page.locator('#live.live'));
  const all = [...sizes.values()].reduce((sum, one) => sum + one, 0);
  console.log(`      ${sizes.size} requests, ${all} bytes: ${[...sizes.keys()].map((one) => one.slice(url.length)).join(' ')}`);
  assert.ok(sizes.size <= MOST_REQUESTS, `${sizes.size} requests`);
  const files = [...sizes].filter(([one]) => one.includes('/assets/') || one === `${url}/runs`);
  assert.ok(files.reduce((sum, [, size]) => sum + size, 0) <= 200_000, 'files of 200 kB at most');
});

check('says at its foot whether the service is well, and which it is', async (page) => {
  await open(page, '/runs', 'ol.runs');
  const foot = page.locator('#health');
  await seen(foot.getByText('The service is well'));
  assert.match(await foot.innerText(), /Targets of messages: 3[\s\S]*Telltale \d+\.\d+\.\d+/);
  await page.route('**/readyz', async (route) => {
    const ready = await (await route.fetch()).json();
    await route.fulfill({ json: { ...ready, relays: { ...ready.relays, disabled: [{ relay: 'audit', reason: 'x' }] } } });
  });
  await page.reload();
  await seen(foot.getByText('Webhooks that are switched off: audit'));
});
