// Checks the page in headless Chromium against a running service.
//
//   TELLTALE_URL             the service (http://127.0.0.1:8080)
//   TELLTALE_OPERATOR_TOKEN  with scopes read and write; none: an open service
//   TELLTALE_RUNNER_TOKEN
//   TELLTALE_CHROMIUM        the browser (/usr/bin/chromium)
//   TELLTALE_SCREENSHOTS     where pictures go (build/screenshots)

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const url = (process.env.TELLTALE_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
const operatorToken = process.env.TELLTALE_OPERATOR_TOKEN ?? '';
const runnerToken = process.env.TELLTALE_RUNNER_TOKEN ?? '';
const pictures = process.env.TELLTALE_SCREENSHOTS ?? fileURLToPath(new URL('../../build/screenshots', import.meta.url));
const patience = 10000;
mkdirSync(pictures, { recursive: true });

// --- the service, as its callers use it ---------------------------------------

async function call(method, path, body, token) {
  const response = await fetch(url + path, {
    method,
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

// Deferred, so that no runner that happens to be there takes it.
const create = (task) => call('POST', '/tasks',
  { kind: 'review', max_attempts: 1, run_after: new Date(Date.now() + 3600e3).toISOString(), ...task }, operatorToken);
const report = (task, what) => call('POST', `/internal/tasks/${task.id}/status`, what, runnerToken);

async function finished(task, last) {
  const made = await create(task);
  await report(made, { status: 'running', runner_id: 'page-test:1' });
  await report(made, last);
  return made;
}

// --- checks -------------------------------------------------------------------

const checks = [];
const check = (name, run) => checks.push([name, run]);

const hostile = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>"\'&lt;b&gt;';
const mark = `page-${Date.now().toString(36)}`;
const row = (page, task) => page.locator(`li[data-key="${task.id}"]`);
const seen = (locator) => locator.first().waitFor({ state: 'visible', timeout: patience });

let runs = {};

async function prepare() {
  runs = {
    delivered: await finished({ title: `Delivered ${mark}` }, { status: 'succeeded', posted: 2 }),
    silent: await finished({ title: `Silent ${mark}` }, { status: 'succeeded', posted: 0, detail: 'no inline position for the finding\nsecond line' }),
    failed: await finished({ title: `Failed ${mark}` }, { status: 'failed', detail: 'dial tcp 203.0.113.7:443: connection refused\nexit status 1' }),
    build: await finished({ title: `Built ${mark}`, kind: 'build' }, { status: 'failed', detail: 'parser.cpp:2: error: expected a semicolon\nexit status 2' }),
    hostile: await finished({ title: `Hostile ${mark} ${hostile}` }, { status: 'failed', detail: `${hostile}\n</pre><h1>taken over</h1>`, result_url: 'javascript:window.harmed=1' }),
  };
  const twice = await create({ title: `Twice ${mark}`, max_attempts: 2 });
  await report(twice, { status: 'running', runner_id: 'page-test:1' });
  await report(twice, { status: 'failed', failure_reason: 'runtime_recovery', detail: 'first words' });
  await report(twice, { status: 'running', runner_id: 'page-test:2' });
  await report(twice, { status: 'failed', failure_reason: 'agent_error.process_failure', detail: 'second words' });
  runs.twice = twice;
}

check('asks for a token and keeps it from scripts', async (page) => {
  await page.goto(`${url}/`);
  if (!operatorToken) return seen(page.locator('h1'));
  await seen(page.locator('form.sign-in'));
  await page.fill('#token', 'not-a-token-of-this-service');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.getElementById('wrong').textContent.length > 0, null, { timeout: patience });
  await picture(page, 'sign-in');
  await page.fill('#token', operatorToken);
  await page.keyboard.press('Enter');
  await seen(page.locator('ol.runs'));
  assert.equal(await page.evaluate(() => document.cookie), '', 'the cookie is out of reach');
});

check('lists runs with their outcome and calm line', async (page) => {
  await page.goto(`${url}/runs`);
  await seen(row(page, runs.failed));
  assert.equal(await row(page, runs.failed).locator('.line').innerText(),
    'Review did not post: dial tcp 203.0.113.7:443: connection refused');
  assert.equal(await row(page, runs.silent).locator('.line').innerText(),
    'Review did not post: no inline position for the finding');
  assert.match(await row(page, runs.build).locator('.line').innerText(), /^Build did not finish: parser\.cpp:2: error/);
  assert.equal(await row(page, runs.silent).locator('.badge').innerText(), 'Posted nothing');
  assert.equal(await row(page, runs.delivered).locator('.badge').innerText(), 'Delivered');
  assert.equal(await row(page, runs.delivered).locator('.line').count(), 0);
});

check('tells times in the reader\'s zone with the exact value on hover', async (page) => {
  const time = row(page, runs.failed).locator('time').first();
  const exact = await time.getAttribute('datetime');
  assert.match(exact, /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.ok((await time.getAttribute('title')).startsWith(exact));
  const local = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'Asia/Shanghai' }).format(new Date(exact));
  assert.ok((await time.innerText()).includes(local), 'shown in the zone of the browser');
});

check('shows a run with every attempt', async (page) => {
  await page.goto(`${url}/runs`);
  await row(page, runs.twice).locator('a').click();
  await seen(page.locator('#line'));
  assert.equal(await page.locator('#line').innerText(), 'Review did not post: second words');
  assert.equal(await page.locator('.attempt').count(), 2);
  assert.match(await page.locator('.attempt').nth(0).innerText(), /Attempt 2[\s\S]*second words/);
  assert.match(await page.locator('.attempt').nth(1).innerText(), /Attempt 1[\s\S]*first words/);
  assert.ok((await page.title()).startsWith(`Twice ${mark}`));
  await picture(page, 'run');
});

check('shows hostile words as words', async (page) => {
  for (const path of ['/runs', '/failures', `/runs/${runs.hostile.id}`]) {
    await page.goto(url + path);
    await seen(page.getByText('Hostile').first());
    assert.equal(await page.evaluate(() => window.harmed), undefined, path);
    assert.equal(await page.locator('main img, main script').count(), 0, path);
  }
  assert.ok((await page.locator('pre').first().innerText()).includes('<script>window.harmed=1</script>'));
  assert.equal(await page.locator('a[href^="javascript:"]').count(), 0);
  assert.equal(await page.getByRole('heading', { name: 'taken over' }).count(), 0);
  await picture(page, 'hostile');
});

check('follows what happens without a reload', async (page) => {
  await page.goto(`${url}/runs`);
  await seen(page.locator('#live.live'));
  await page.evaluate(() => { window.sameDocument = true; });
  const task = await create({ title: `Live ${mark}` });
  await seen(row(page, task));
  await row(page, task).locator('a').focus();
  await report(task, { status: 'running', runner_id: 'page-test:3' });
  await seen(row(page, task).locator('.badge', { hasText: 'Running' }));
  await report(task, { status: 'failed', detail: 'stopped half way' });
  await seen(row(page, task).locator('.line', { hasText: 'Review did not post: stopped half way' }));
  assert.equal(await page.evaluate(() => window.sameDocument), true);
  await page.goto(`${url}/runs/${task.id}`);
  await seen(page.locator('#live.live'));
  await page.getByRole('button', { name: 'Run again' }).click();
  await seen(page.getByText('The run is queued again.'));
  await report(task, { status: 'running', runner_id: 'page-test:4' });
  await seen(page.locator('.attempt').nth(1));
  await report(task, { status: 'succeeded', posted: 1 });
  await seen(page.locator('.run-head .badge', { hasText: 'Delivered' }));
});

check('narrows the list by filters that live in the address', async (page) => {
  await page.goto(`${url}/runs`);
  await seen(page.locator('form.filters'));
  await page.selectOption('select[name=outcome]', 'silent_noop');
  await page.fill('input[name=q]', mark);
  await page.keyboard.press('Enter');
  await page.waitForURL(/outcome=silent_noop/);
  await seen(row(page, runs.silent));
  assert.equal(await row(page, runs.failed).count(), 0);
  await page.goto(`${url}/runs?q=nothing-has-these-words-${mark}`);
  await seen(page.getByText('No run matches'));
  await picture(page, 'empty');
});

check('says what is wrong and offers another try', async (page) => {
  await page.goto(`${url}/runs/00000000-0000-7000-8000-000000000000`);
  await seen(page.getByText('There is no such run.'));
  await page.route('**/tasks?*', (route) => route.abort());
  await page.goto(`${url}/runs`);
  await seen(page.getByRole('alert').getByText('The service cannot be reached.'));
  await picture(page, 'error');
  await page.unroute('**/tasks?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await seen(row(page, runs.failed));
});

check('shows failures and silent runs together, and deliveries', async (page) => {
  await page.goto(`${url}/failures`);
  await seen(row(page, runs.failed));
  await seen(row(page, runs.silent));
  assert.equal(await row(page, runs.delivered).count(), 0);
  await page.goto(`${url}/deliveries`);
  await seen(page.locator('h1', { hasText: 'Deliveries' }));
  await seen(page.locator('table, .note'));
});

check('works by keyboard alone', async (page) => {
  await page.goto(`${url}/runs`);
  await seen(row(page, runs.failed));
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await row(page, runs.failed).locator('a').focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/runs/${runs.failed.id}`);
});

check('has landmarks, names and labels', async (page) => {
  for (const path of ['/runs', `/runs/${runs.twice.id}`]) {
    await page.goto(url + path);
    await seen(page.locator('h1'));
    assert.equal(await page.locator('h1').count(), 1);
    assert.equal(await page.locator('main').count(), 1);
    const nameless = await page.evaluate(() => [...document.querySelectorAll('button, a, input, select')]
      .filter((one) => !one.textContent.trim() && !one.getAttribute('aria-label') && !one.labels?.length).length);
    assert.equal(nameless, 0);
    assert.equal(await page.locator('[style], script:not([src]), style').count(), 0, 'nothing inline');
  }
});

check('keeps its contrast in both schemes', async (page) => {
  await page.goto(`${url}/runs`);
  await seen(row(page, runs.failed));
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const poor = await page.evaluate(contrastsBelow, 4.5);
    assert.deepEqual(poor, [], colorScheme);
  }
  await page.emulateMedia({ colorScheme: 'light' });
});

/** Runs in the page: texts whose contrast with what is behind them is too low. */
function contrastsBelow(least) {
  const parse = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll('h1, p, a, span, button, label, time')) {
    if (!element.textContent.trim() || element.closest('.skip')) continue;
    const pair = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < least) poor.push(`${element.className || element.tagName}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
}

check('fits every width in both schemes', async (page) => {
  for (const [name, path] of [['list', '/runs'], ['run', `/runs/${runs.hostile.id}`], ['deliveries', '/deliveries']]) {
    for (const width of [360, 768, 1280, 2560]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(url + path);
      await seen(page.locator('h1'));
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${path} is ${over} px too wide at ${width}`);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await picture(page, `${name}-${width}-${colorScheme}`);
      }
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
});

check('speaks English and Chinese with the same words', async (page) => {
  await page.goto(`${url}/runs`);
  await seen(row(page, runs.failed));
  const keys = await page.evaluate(async () => {
    const { TEXTS } = await import('/assets/i18n.js');
    return Object.values(TEXTS).map((one) => Object.keys(one).sort().join());
  });
  assert.equal(new Set(keys).size, 1, 'the same keys');
  await page.selectOption('#locale', 'zh-CN');
  await seen(page.locator('h1', { hasText: '运行' }));
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
  await seen(row(page, runs.failed));
  assert.equal(await row(page, runs.failed).locator('.line').innerText(), '评审没有发布内容：dial tcp 203.0.113.7:443: connection refused');
  await picture(page, 'list-zh-CN');
  await page.selectOption('#locale', 'en');
  await seen(page.locator('h1', { hasText: 'Runs' }));
});

check('forgets who was signed in', async (page) => {
  if (!operatorToken) return;
  await page.goto(`${url}/runs`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await seen(page.locator('form.sign-in'));
  await page.goto(`${url}/runs/${runs.failed.id}`);
  await seen(page.locator('form.sign-in'));
});

async function picture(page, name) {
  await page.screenshot({ path: `${pictures}/${name}.png`, animations: 'disabled' });
}

// --- the run ------------------------------------------------------------------

const browser = await chromium.launch({
  executablePath: process.env.TELLTALE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
let failures = 0;
try {
  await prepare();
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'Asia/Shanghai', viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const violations = [];
  page.on('console', (message) => { if (/Content Security Policy/.test(message.text())) violations.push(message.text()); });
  page.on('pageerror', (error) => violations.push(String(error)));
  for (const [name, run] of checks) {
    try {
      await run(page);
      console.log(`ok    ${name}`);
    } catch (error) {
      ++failures;
      console.log(`FAIL  ${name}\n      ${String(error.stack ?? error).replaceAll('\n', '\n      ')}`);
      await picture(page, `failed-${failures}`).catch(() => {});
    }
  }
  if (violations.length > 0) {
    ++failures;
    console.log(`FAIL  nothing breaks the content policy, no script fails\n      ${violations.join('\n      ')}`);
  }
} finally {
  await browser.close();
}
console.log(failures === 0 ? `all ${checks.length} checks passed; pictures in ${pictures}` : `${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;
