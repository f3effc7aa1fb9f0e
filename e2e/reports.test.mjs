// Reports, in a real browser: what is seen of half a year's work, by whom, how far back, and as files.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { accessible, pictures } from './support/browser.mjs';
import { history } from './support/history.mjs';
import { signIn } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry();
const { person } = stage(tenantry);
const reports = (slug = 'acme') => `${tenantry.app}/orgs/${slug}/reports`;
const heading = (page, name, level = 2) => page.getByRole('heading', { level, name }).waitFor();
let rita;

// The file behind a link of the menu.
async function file(page, name) {
  await page.goto(reports());
  await page.getByRole('button', { name: 'Download CSV' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

test('a report-viewer finds the page in the navigation, and a member does not', async () => {
  rita = await person();
  await signIn(rita.page, tenantry, 'rita+clerk_test@acme-provisions.example');
  await rita.page.goto(`${tenantry.app}/orgs/acme/my-work`);
  await rita.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Reports' }).click();
  await heading(rita.page, 'Reports', 1);
  const max = await person();
  await signIn(max.page, tenantry, 'max+clerk_test@acme-provisions.example');
  await max.page.goto(`${tenantry.app}/orgs/acme/my-work`);
  assert.equal(await max.page.getByRole('link', { name: 'Reports' }).count(), 0);
  assert.equal((await max.page.goto(reports())).status(), 403);
  await heading(max.page, 'You need reports:read for this', 1);
  await accessible(max.page, 'reports, as a member');
  await max.context.close();
});

test('half a year of work is told in figures, charts and tables', async () => {
  tenantry.sql(history('acme'));
  const { page } = rita;
  const answer = await page.goto(reports());
  assert.ok((await answer.body()).length < 100_000);
  for (const figure of ['Steps done on time', 'Runs completed', 'Late steps', 'Half of runs finish within']) {
    await page.getByRole('term').filter({ hasText: figure }).waitFor();
  }
  await page.getByText(/Compared with the 12 weeks before\./).waitFor();
  for (const chart of ['Steps done on time, by week', 'Late steps by procedure', 'Steps by person', 'Runs that ended, by week',
    'How long runs take, by week']) await heading(page, chart);
  await page.locator('#on-time summary').click();
  const weeks = page.locator('#on-time table').getByRole('row');
  assert.equal(await weeks.count(), 13);
  await pictures(page, 'reports');
  assert.deepEqual(rita.complaints, []);
});

test('another time and one procedure are chosen, with and without script', async () => {
  const { page } = rita;
  await page.goto(reports());
  await page.getByLabel('Period').selectOption('Last 12 months');
  await heading(page, 'Steps done on time, by month');
  assert.match(page.url(), /period=12-months/);
  await pictures(page, 'reports-months');
  await page.getByLabel('Procedure').selectOption('Cold-store check');
  await page.waitForURL(/procedure=[0-9a-f-]{36}/);
  await page.locator('#late').getByText('Cold-store check').first().waitFor();
  assert.equal(await page.locator('#late .bars').getByRole('row').count(), 1);
  const { page: plain } = await person({ javaScriptEnabled: false, storageState: await rita.context.storageState() });
  await plain.goto(reports());
  await plain.getByLabel('Period').selectOption('Last 4 weeks');
  await plain.getByRole('button', { name: 'Apply' }).click();
  assert.match(plain.url(), /period=4-weeks/);
  await heading(plain, 'Steps done on time, by week');
  await plain.context().close();
});

test('each table is a file, and so is every step', async () => {
  const { page } = rita;
  const weeks = await file(page, 'Week by week');
  assert.match(weeks.name, /^reports-acme-\d{4}-\d\d-\d\d-to-\d{4}-\d\d-\d\d-over-time\.csv$/);
  assert.equal(weeks.text.trimEnd().split('\r\n').length, 13);
  const steps = await file(page, 'Every step');
  const [head, ...rows] = steps.text.trimEnd().split('\r\n');
  assert.ok(head.startsWith('run_id,run,procedure,version,step_number,step,state,'), head);
  assert.ok(rows.length > 100, `${rows.length}`);
  assert.ok(rows.some((row) => row.includes(',Rita Sandoval,')), rows[0]);
});

test('the plan says how far back', async () => {
  const leila = await person();
  await signIn(leila.page, tenantry, 'leila+clerk_test@northlight-studio.example');
  const { page } = leila;
  await page.goto(reports('northlight'));
  await page.getByText(/The Free plan has no time before to compare with/).waitFor();
  assert.equal(await page.getByRole('option', { name: 'Last 12 weeks (Team plan)' }).getAttribute('disabled'), '');
  await page.goto(`${reports('northlight')}?period=12-weeks`);
  await heading(page, 'The Free plan shows 30 days');
  await page.getByText('Move to the Team plan in Settings, Billing.').waitFor();
  await pictures(page, 'reports-limit');
  await page.getByRole('link', { name: 'Show the last 4 weeks' }).click();
  await heading(page, 'Reports', 1);
  assert.deepEqual(leila.complaints, []);
});

test('where nothing happened the page says so', async () => {
  const opal = await person();
  await signIn(opal.page, tenantry, 'opal+clerk_test@operators.example');
  await opal.page.goto(reports('operators'));
  await heading(opal.page, 'Nothing to report yet');
  await pictures(opal.page, 'reports-empty');
});
