// Every view for every reader: keyboard, screen reader, both schemes, both
// languages, every width.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { check, open, picture, row, seen, started, url, visitor } from './world.mjs';
import { mark } from './seed.mjs';
import { en } from '../web/text_en.js';
import { zh } from '../web/text_zh.js';

const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

const views = (runs) => [
  ['runs', `/runs`, 'ol.runs'], ['no-runs', '/runs?kind=nobody-runs-this', '.note'], ['run-failed', `/runs/${runs.failed.id}`, '.columns'],
  ['run-late', `/runs/${runs.late.id}`, '.columns'], ['run-hostile', `/runs/${runs.hostile.id}`, '.columns'], ['run-missing', '/runs/missing', '.note'],
  ['failures', '/failures', 'svg.plot'], ['deliveries', '/deliveries', '.telling'], ['runners', '/runners', '.runner']];

/** All that axe finds, of any degree; run past the content policy, in a world of its own. */
async function findings(page) {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
  const evaluate = async (expression, awaitPromise = false) => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression, contextId, awaitPromise, returnByValue: true });
    assert.ok(!exceptionDetails, exceptionDetails?.exception?.description ?? exceptionDetails?.text);
    return result.value;
  };
  await evaluate(axe);
  const found = await evaluate(`axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }).then((all) => all.violations
    .map((one) => one.id + ': ' + one.nodes.slice(0, 3).map((node) => node.target.join(' ') + ' ' + node.any.map((any) => any.message).join('; ')).join(' | ')))`, true);
  await session.detach();
  return found;
}

for (const [locale, word] of [['en-US', 'en'], ['zh-CN', 'zh-CN']])
  for (const colorScheme of ['light', 'dark'])
    check(`is accessible in ${word}, ${colorScheme}`, async (page, runs) => {
      const found = [];
      for (const [name, path, there] of views(runs)) {
        await open(page, path, there);
        if (there !== '.note') await seen(page.locator('#live.live'));
        await page.evaluate(() => { for (const one of document.querySelectorAll('main details:not(.menu)')) one.open = true; });
        found.push(...(await findings(page)).map((one) => `${name}: ${one}`));
        await picture(page, `${name}-${word}-${colorScheme}`, true);
      }
      assert.deepEqual(found, []);
      await open(page, `/runs/${runs.running.id}`, '.columns');
      await page.getByRole('button', { name: /Cancel the run|取消运行/ }).click();
      await seen(page.getByRole('dialog'));
      assert.deepEqual(await findings(page), [], `a question in ${word}, ${colorScheme}`);
      const other = await visitor(page.context().browser(), { token: '', locale, colorScheme, name: 'signing in' });
      await open(other, '/runs', 'form.sign-in');
      assert.deepEqual(await findings(other), [], `signing in, in ${word}, ${colorScheme}`);
      await other.context().close();
    }, { locale, colorScheme, reducedMotion: 'reduce' });

for (const colorScheme of ['light', 'dark'])
  for (const width of [390, 1920])
    check(`is accessible ${width} pixels wide, ${colorScheme}`, async (page, runs) => {
      const found = [];
      for (const [name, path, there] of views(runs)) {
        await open(page, path, there);
        found.push(...(await findings(page)).map((one) => `${name}: ${one}`));
        await picture(page, `${name}-${width}-${colorScheme}`);
      }
      assert.deepEqual(found, []);
    }, { colorScheme, reducedMotion: 'reduce', viewport: { width, height: width === 390 ? 844 : 1080 } });

check('is accessible in what opens over a list', async (page) => {
  await open(page, `/runs?q=${mark}`, 'ol.runs');
  const holds = async (what) => assert.deepEqual(await findings(page), [], what);
  await page.selectOption('select[name=density]', 'comfortable');
  await holds('comfortable');
  await page.locator('.run input[type=checkbox]').first().check();
  await holds('a selection');
  for (const name of ['Views', 'Export']) {
    await page.getByText(name, { exact: true }).click();
    await holds(name);
  }
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Keyboard' }).click();
  await seen(page.getByRole('dialog'));
  await holds('the keys');
}, { reducedMotion: 'reduce' });

check('has nothing to press that is smaller than 24 pixels', async (page, runs) => {
  for (const width of [390, 1440])
    for (const [name, path, there] of views(runs)) {
      await page.setViewportSize({ width, height: 900 });
      await open(page, path, there);
      const small = await page.evaluate(() => [...document.querySelectorAll('button, select, input, summary, a[href]')]
        .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.matches('.skip, :disabled'))
        // Links within sentences are as high as their lines; a label is its box's target, a row its title's.
        .filter((one) => !(one.matches('a') && getComputedStyle(one).display === 'inline'))
        .map((one) => [one.closest('label') ?? (one.matches('.run-title') ? one.closest('li') : one), one])
        .map(([target, one]) => [target.getBoundingClientRect(), one])
        .filter(([{ width: w, height: h }]) => w > 2 && h > 2 && (w < 24 || h < 24))
        .map(([{ width: w, height: h }, one]) => `${one.outerHTML.slice(0, 90)} ${Math.round(w)}×${Math.round(h)}`).slice(0, 5));
      assert.deepEqual(small, [], `${name} at ${width}`);
    }
});

check('fits every width', async (page, runs) => {
  for (const [name, path, there] of views(runs))
    for (const width of [360, 390, 768, 1280, 1920, 2560]) {
      await page.setViewportSize({ width, height: width === 2560 ? 1440 : 900 });
      await open(page, path, there);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(over <= 0, `${path} is ${over} px too wide at ${width}`);
      if (width !== 1280) await picture(page, `${name}-${width}`);
    }
});

check('works by keyboard alone', async (page) => {
  // Its own: the lease of one that was seeded may have ended meanwhile.
  const running = await started({ title: `By keyboard ${mark}` });
  await open(page, `/runs?q=${mark}`, 'ol.runs');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => [...document.querySelectorAll('ol.runs a')].indexOf(document.activeElement)), 0, 'past the filters, to the first run');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => [...document.querySelectorAll('ol.runs a')].indexOf(document.activeElement)), 1);
  await row(page, running).locator('a').first().focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/runs/${running.id}`);
  await page.waitForFunction(() => document.activeElement.tagName === 'H1');
  const button = page.getByRole('button', { name: 'Cancel the run' });
  for (let i = 0; i < 12 && !(await button.evaluate((one) => one === document.activeElement)); ++i) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await seen(page.getByRole('dialog'));
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'No, go back', 'the safe answer first');
  // The rest of the page is out of reach.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate(() => document.activeElement === document.body || Boolean(document.activeElement.closest('dialog'))));
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement.textContent === 'Cancel the run');
  // Every stop shows where one is.
  const dim = [];
  for (let i = 0; i < 25; ++i) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const at = document.activeElement;
      const style = getComputedStyle(at);
      return at === document.body ? null : { name: at.outerHTML.slice(0, 80), shows: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
    });
    if (stop && !stop.shows) dim.push(stop.name);
  }
  assert.deepEqual(dim, []);
});

check('has landmarks and names, and nothing inline', async (page, runs) => {
  for (const [, path, there] of views(runs)) {
    await open(page, path, there);
    if (there !== '.note') assert.equal(await page.locator('h1').count(), 1, path);
    assert.equal(await page.locator('main').count(), 1);
    assert.doesNotMatch(await page.locator('main').innerText(), /^(false|true|null|undefined|NaN|\[object \w+\])$/m, `${path} shows a value of the program`);
    assert.equal(await page.locator('[style], script:not([src]), style, [onclick]').count(), 0, 'nothing inline');
  }
});

check('keeps still for those who want it', async (page) => {
  await open(page, '/runs', 'ol.runs');
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  assert.equal(await page.locator('.run').first().evaluate((one) => getComputedStyle(one).animationName), 'none');
}, { reducedMotion: 'reduce' });

check('speaks English and Chinese with the same words', async (page, runs) => {
  await open(page, `/runs?q=${mark}`, 'ol.runs');
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort(), 'the same keys');
  for (const [key, text] of Object.entries(zh))
    assert.doesNotMatch(text, /\p{sc=Han}[A-Za-z0-9]|[A-Za-z0-9]\p{sc=Han}/u, `${key}: a space between Han and Latin`);
  await page.selectOption('#locale', 'zh-CN');
  await seen(page.locator('h1', { hasText: '运行' }));
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
  assert.equal(await row(page, runs.failed).locator('.line').innerText(), 'dial tcp 203.0.113.7:443: connection refused');
  assert.ok(page.url().includes(mark), 'the same place');
  await page.goto(`${url}/runs/${runs.failed.id}`);
  await seen(page.locator('.columns'));
  const own = await page.locator('time, .run-head .badge, dt, .lead p:not(.line)').allInnerTexts();
  assert.deepEqual(own.filter((one) => /\p{sc=Han}[A-Za-z0-9]|[A-Za-z0-9]\p{sc=Han}/u.test(one)), [], 'times too');
  await page.goto(`${url}/deliveries`);
  await seen(page.locator('h1', { hasText: '消息投递' }));
  await page.selectOption('#locale', 'en');
  await seen(page.locator('h1', { hasText: 'Deliveries' }));
});

check('follows the language of the browser', async (page) => {
  await open(page, '/runs', 'ol.runs');
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
}, { locale: 'zh-HK' });
