// Takes docs/screenshot.png; with --all every page in both themes at 1280 and 390, into e2e/output/, to be looked at.
import { launch, output, person } from './support/browser.mjs';
import { signIn } from './support/people.mjs';
import { Tenantry } from './support/tenantry.mjs';

const all = process.argv.includes('--all');
const tenantry = await new Tenantry().start();
const browser = await launch();
try {
  const { page } = await person(browser, { deviceScaleFactor: all ? 1 : 2 });
  const shots = [['landing', '/']];
  if (all) await picture('landing', '/');
  await signIn(page, tenantry, 'ada+clerk_test@acme-provisions.example');
  await page.goto(`${tenantry.app}/orgs/acme/runs`);
  const run = await page.locator('main a[href*="/runs/"]').first().getAttribute('href');
  await page.goto(`${tenantry.app}/orgs/acme/procedures`);
  const procedure = await page.locator('main table a[href*="/procedures/"]').first().getAttribute('href');
  shots.push(['my-work', '/orgs/acme/my-work'], ['duties', '/orgs/acme/duties'], ['runs', '/orgs/acme/runs'], ['run', run], ['procedures', '/orgs/acme/procedures'], ['procedure', procedure],
    ['new-procedure', '/orgs/acme/procedures/new'], ['organisations', '/organisations'], ['not-found', '/orgs/nowhere/runs']);
  if (all) {
    for (const [name, path] of shots.slice(1)) await picture(name, path);
    await page.context().clearCookies();
    await signIn(page, tenantry, 'opal+clerk_test@operators.example');
    await picture('operators', '/operators');
  } else {
    await page.goto(tenantry.app + run);
    await page.waitForLoadState('load');
    await page.screenshot({ path: new URL('../docs/screenshot.png', import.meta.url).pathname });
  }

  async function picture(name, path) {
    for (const colorScheme of ['light', 'dark']) {
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: width === 1280 ? 800 : 844 });
        await page.goto(new URL(path, tenantry.app).href);
        await page.waitForLoadState('load');
        await page.screenshot({ path: `${output}${name}-${colorScheme}-${width}.png`, fullPage: true });
      }
    }
  }
} finally {
  await browser.close();
  await tenantry.remove();
}
