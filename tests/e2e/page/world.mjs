// What the checks of the page share: the service as its callers use it, a browser
// that reports every breach of the content policy, and small helpers.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const url = (process.env.TELLTALE_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
export const sinkUrl = process.env.TELLTALE_SINK_URL ?? '';
export const controlUrl = process.env.TELLTALE_CONTROL_URL ?? ''; // stops and starts the service
export const operatorToken = process.env.TELLTALE_OPERATOR_TOKEN ?? '';
export const readerToken = process.env.TELLTALE_READER_TOKEN ?? '';
const runnerToken = process.env.TELLTALE_RUNNER_TOKEN ?? '';
const pictures = process.env.TELLTALE_SCREENSHOTS ?? fileURLToPath(new URL('../../../build/artefacts/page', import.meta.url));
export const patience = 15000;
mkdirSync(pictures, { recursive: true });

// --- the service ----------------------------------------------------------------

export async function call(method, path, body, token = operatorToken, base = url) {
  const response = await fetch(base + path, {
    method,
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text && /^[[{]/.test(text) ? JSON.parse(text) : text;
}

// Deferred, so that no runner that happens to be there takes it.
export const create = (task) => call('POST', '/tasks',
  { kind: 'review', max_attempts: 1, run_after: new Date(Date.now() + 3600e3).toISOString(), ...task });
export const report = (task, what) => call('POST', `/internal/tasks/${task.id}/status`, what, runnerToken);
// Failures of a kind that nobody claims are not tried again.
export const claim = (runner) => call('POST', '/internal/tasks/claim', { runner_id: runner, kinds: ['review'], wait_seconds: 0 }, runnerToken);
export const heartbeat = (runner, tasks = []) => call('POST', `/internal/runners/${runner}/heartbeat`, { tasks }, runnerToken);
export const recover = (runner) => call('POST', `/internal/runners/${runner}/recover`, {}, runnerToken);
/** How many messages the chats have refused so far. */
export const refused = async () => (await call('GET', '/stats', undefined, '', sinkUrl)).refused;
export const control = (what) => call('POST', `/${what}`, {}, '', controlUrl);

export async function started(task, runner = 'page-1') {
  const made = await create(task);
  await report(made, { status: 'running', runner_id: runner });
  return made;
}

export async function finished(task, last) {
  const made = await started(task);
  await report(made, last);
  return made;
}

/** Waits until `look` answers something; for what happens in the service. */
export async function eventually(what, look) {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    assert.ok(Date.now() < deadline, `waited in vain for ${what}`);
    await new Promise((done) => { setTimeout(done, 100); });
  }
}

// --- the checks -----------------------------------------------------------------

const checks = [];

/** `run(page, runs)`; with `{as: 'reader'}` and the like in a context of its own. */
export function check(name, run, options = {}) {
  checks.push({ name, run, options });
}

export const row = (page, task) => page.locator(`li[data-key="${task.id}"]`);
export const seen = (locator) => locator.first().waitFor({ state: 'visible', timeout: patience });
export const gone = (locator) => locator.first().waitFor({ state: 'hidden', timeout: patience });

export async function open(page, path, what = 'h1') {
  await page.goto(url + path);
  await seen(page.locator(what));
}

/** Says yes to the question on the screen. */
export async function confirm(page, name) {
  const dialog = page.getByRole('dialog');
  await seen(dialog);
  await dialog.getByRole('button', { name, exact: true }).click();
  await gone(dialog);
}

export async function picture(page, name, fullPage = false) {
  await page.screenshot({ path: `${pictures}/${name}.png`, animations: 'disabled', fullPage });
}

const breaches = [];

function watchFor(page, name) {
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) breaches.push(`${name}: ${message.text()}`);
  });
  page.on('pageerror', (error) => breaches.push(`${name}: ${error.stack ?? error}`));
  page.on('request', (request) => {
    const to = new URL(request.url());
    if (to.protocol.startsWith('http') && to.origin !== url) breaches.push(`${name}: asks ${to.href}`);
  });
}

/** A page of its own, signed in with `token` unless that is empty. */
export async function visitor(browser, { name = 'visitor', token = operatorToken, ...options } = {}) {
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'Asia/Shanghai', viewport: { width: 1280, height: 900 }, ...options });
  // What the browser itself reports, whatever reaches the console.
  await context.addInitScript(() => {
    window.breaches = [];
    document.addEventListener('securitypolicyviolation', (event) => window.breaches.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  if (token) {
    const answer = await context.request.post(`${url}/session`, { data: { token } });
    assert.ok(answer.ok(), `signing in: ${answer.status()}`);
  }
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  watchFor(page, name);
  return page;
}

export async function runChecks(runs) {
  const only = process.env.TELLTALE_ONLY;
  const browser = await chromium.launch({
    executablePath: process.env.TELLTALE_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  let failures = 0;
  let done = 0;
  const fail = (name, words) => {
    ++failures;
    console.log(`FAIL  ${name}\n      ${String(words).replaceAll('\n', '\n      ')}`);
  };
  try {
    for (const { name, run, options } of checks) {
      if (only && !new RegExp(only).test(name)) continue;
      const began = Date.now();
      const page = await visitor(browser, { name, ...options });
      try {
        await run(page, runs, browser);
        const own = await page.evaluate(() => window.breaches ?? []);
        assert.deepEqual(own, [], 'the content policy holds');
        ++done;
        console.log(`ok    ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
      } catch (error) {
        fail(name, error.stack ?? error);
        await picture(page, `failed-${failures}`).catch(() => {});
      }
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.context().close();
    }
    if (breaches.length > 0) fail('nothing breaks the content policy, asks elsewhere, or throws', breaches.join('\n'));
  } finally {
    await browser.close();
  }
  console.log(failures === 0 ? `all ${done} checks passed; pictures in ${pictures}` : `${failures} failed`);
  return failures === 0;
}
