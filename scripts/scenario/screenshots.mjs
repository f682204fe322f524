// Photographs the list of runs and a run.

import { statSync } from 'node:fs';
import { chromium } from 'playwright-core';

const { TELLTALE_URL: url, TELLTALE_OPERATOR_TOKEN: token, TELLTALE_SCREENSHOTS: into } = process.env;
const browser = await chromium.launch({ executablePath: process.env.TELLTALE_CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', viewport: { width: 1200, height: 800 }, reducedMotion: 'reduce' });
  await context.request.post(`${url}/session`, { data: { token } });
  const page = await context.newPage();
  const take = async (name) => {
    await page.locator('#live.live').waitFor();
    const path = `${into}/${name}.png`;
    await page.screenshot({ path, animations: 'disabled' });
    console.log(`${path}: ${Math.round(statSync(path).size / 1000)} kB`);
  };
  await page.goto(`${url}/runs`);
  await page.locator('.glance a').first().waitFor();
  await page.locator('.mark').first().waitFor();
  await take('runs');
  await page.goto(`${url}/runs?kind=review`);
  await page.locator('ol.runs a').first().click();
  await page.locator('.telling').first().waitFor();
  await take('run');
} finally {
  await browser.close();
}
