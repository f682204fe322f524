// Loads lists and says, as JSON, how long the data call of each took, and how long
// after its answer the list was painted: medians in milliseconds.

import { chromium } from 'playwright-core';

const { TELLTALE_URL: url, TELLTALE_ROUNDS: rounds, TELLTALE_CHROMIUM: executablePath } = process.env;
const LISTS = { 'first page of 1 M runs': '/runs', 'failed ones': '/runs?outcome=failed', 'a search': '/runs?q=refused' };
const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** In the page: notes when the first row has been painted. */
function notePaint() {
  new MutationObserver((_, observer) => {
    if (!document.querySelector('ol.runs > li')) return;
    observer.disconnect();
    // The frame after the one that has the rows begins once they are painted.
    requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = performance.now(); }));
  }).observe(document, { childList: true, subtree: true });
}

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const figures = {};
try {
  for (const [name, path] of Object.entries(LISTS)) {
    const paints = [];
    const all = [];
    const calls = [];
    for (let round = 0; round < Number(rounds); ++round) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
      await context.addInitScript(notePaint);
      const page = await context.newPage();
      await page.goto(url + path);
      await page.waitForFunction(() => window.painted);
      const [painted, asked, answered] = await page.evaluate(() => {
        const data = performance.getEntriesByType('resource').find((one) => new URL(one.name).pathname === '/tasks');
        return [window.painted, data.requestStart, data.responseEnd];
      });
      calls.push(answered - asked);
      paints.push(painted - answered);
      all.push(painted);
      await context.close();
    }
    figures[name] = { call: middle(calls), paint: middle(paints), all: middle(all) };
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(figures));
