// A real Chromium, and what every page is held to.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const output = new URL('../output/', import.meta.url).pathname;
mkdirSync(output, { recursive: true });

export async function launch() {
  const executablePath = candidates.find((path) => path && existsSync(path));
  assert.ok(executablePath, 'no Chromium: run script/setup --browser, or name one in CHROMIUM');
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

// A person's browser: its own cookies, and a record of everything that should not happen.
export async function person(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
  const complaints = [];
  const hosts = new Set();
  const requests = [];
  context.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (!protocol.startsWith('http')) return;
    // A page and what it loads belong together; a call leaves the page it is made from.
    const from = request.isNavigationRequest() ? origin : new URL(request.frame().url()).origin;
    requests.push({ url: request.url(), method: request.method(), origin, from, page: request.isNavigationRequest() });
  });
  context.on('page', (page) => {
    page.on('console', (message) => {
      // A refused form (422), a missing page (404) and the like are answers, which the browser also logs.
      // And ClerkJS says on every page that development keys are for development.
      const expected = /status of 4\d\d|Clerk has been loaded with development keys/;
      if (['error', 'warning'].includes(message.type()) && !expected.test(message.text())) {
        complaints.push(`${page.url()}: ${message.text()}`);
      }
    });
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error}`));
    page.on('request', (request) => { if (request.url().startsWith('http')) hosts.add(new URL(request.url()).host); });
  });
  return { context, complaints, hosts, requests, page: await context.newPage() };
}

// Nothing serious for axe, in both themes; nothing that scrolls sideways at 360 px.
export async function accessible(page, name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    // Without script of the page's own: axe is put in by the debugger, which the page's policy does not bind.
    const found = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })`);
    const serious = found.violations.filter((violation) => ['serious', 'critical'].includes(violation.impact));
    assert.deepEqual(
      serious.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`),
      [], `${name}, ${colorScheme}`,
    );
  }
  const before = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 800 });
  const wide = await page.evaluate('document.documentElement.scrollWidth');
  assert.ok(wide <= 360, `${name} scrolls sideways at 360 px: ${wide}`);
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: 'light' });
}

// Accessible, and pictures of it to look at: both themes, wide and narrow.
export async function pictures(page, name) {
  await accessible(page, name);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${name} scrolls sideways at ${width} px`);
      await page.screenshot({ path: `${output}${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: 'light' });
}
