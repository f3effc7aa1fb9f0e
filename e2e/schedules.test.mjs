// Runs that start by themselves, in a real browser: a schedule is made on its page, the clock moves, a run is there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, pictures } from './support/browser.mjs';
import { join } from './support/clerk.mjs';
import { createOrganisation, signUp } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry('--no-seed');
const { person } = stage(tenantry);

let grace;
let joan;
let procedure;

const heading = (page, name, level = 1) => page.getByRole('heading', { level, name }).waitFor();
const schedules = () => `${tenantry.app}/orgs/acme/procedures/${procedure}/schedules`;
const dates = (page) => page.locator('#dates li').allInnerTexts();

// What a program of the person's would do, with the token of their session.
async function program(who, method, path, body) {
  return who.page.evaluate(async ([method, url, body]) => {
    const token = await window.Clerk.session.getToken();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
  }, [method, `${tenantry.app}/api/v1/orgs/acme/${path}`, body]);
}

async function until(page, url, what) {
  for (let tries = 0; ; tries += 1) {
    const answer = await page.goto(url);
    if (await what(answer)) return;
    assert.ok(tries < 120, `${url} does not come to what it should: ${await page.locator('body').innerText()}`);
    await page.waitForTimeout(250);
  }
}

// As if so many days had passed, without anybody there.
const daysPass = (days) => tenantry.sql(`
  update tenantry.schedules set dealt_to = dealt_to - ${days}, next_at = next_at - interval '${days} days';
  update tenantry.next_starts set due_at = due_at - interval '${days} days'`);

test('an admin and a member, and a procedure that is published', async () => {
  grace = await person();
  await signUp(grace.page, tenantry, { first: 'Grace', last: 'Hopper', email: 'grace+clerk_test@acme.example' });
  await createOrganisation(grace.page, tenantry, 'Acme Provisions', 'acme');
  joan = await person();
  await signUp(joan.page, tenantry, { first: 'Joan', last: 'Clarke', email: 'joan+clerk_test@acme.example' });
  await join(tenantry, 'acme', 'joan+clerk_test@acme.example');
  procedure = (await program(grace, 'POST', 'procedures', { name: 'Month-end close' })).body.id;
  await program(grace, 'POST', `procedures/${procedure}/steps`, { title: 'Reconcile the bank accounts' });
  await until(joan.page, schedules(), (answer) => answer.status() === 200);
});

test('where there is none the page says what one would do, and to whom it belongs', async () => {
  await heading(joan.page, 'Nothing starts by itself', 2);
  await joan.page.getByText('Whoever manages procedures can set up a schedule.').waitFor();
  assert.equal(await joan.page.getByRole('link', { name: 'New schedule' }).count(), 0);
  assert.equal((await joan.page.goto(`${schedules()}/new`)).status(), 403);

  const { page } = grace;
  await page.goto(`${tenantry.app}/orgs/acme/procedures/${procedure}`);
  await page.getByRole('navigation', { name: 'Procedure' }).getByRole('link', { name: 'Schedule' }).click();
  await heading(page, 'Nothing starts by itself', 2);
  await pictures(page, 'schedules-empty');
  await page.getByRole('link', { name: 'New schedule' }).click();
  await heading(page, 'New schedule');
});

test('the next three dates are there before it is saved, and follow what is chosen', async () => {
  const { page } = grace;
  const mondays = await dates(page);
  assert.equal(mondays.length, 3);
  assert.ok(mondays.every((date) => date.startsWith('Mon ') && date.includes('08:00')), mondays.join());
  await pictures(page, 'schedules-new');

  await page.getByLabel('On the last business day of the month').check();
  await page.getByLabel('Days before').fill('2');
  await page.getByLabel('Starts at').fill('07:00');
  await page.getByLabel('Name of the runs').fill('Close of {month}');
  await page.getByLabel('Name of the runs').blur();
  await page.locator('#dates li').first().filter({ hasText: '07:00' }).filter({ hasText: ', for ' }).waitFor();
  assert.equal((await dates(page)).length, 3);
});

test('what is wrong is said beside its field, and nothing typed is lost', async () => {
  const { page } = grace;
  await page.getByLabel('Name of the runs').fill('Close of {moon}');
  await page.getByRole('button', { name: 'Save schedule' }).click();
  await page.getByText('may stand in braces').waitFor();
  const name = page.getByLabel('Name of the runs');
  assert.equal(await name.inputValue(), 'Close of {moon}');
  assert.equal(await name.getAttribute('aria-invalid'), 'true');
  assert.equal(await page.getByLabel('Days before').inputValue(), '2');
  await page.getByText('They show here once the fields above are right.').waitFor();
  await pictures(page, 'schedules-wrong');
  await page.getByLabel('On days of the week').check();
  await page.getByLabel('Monday', { exact: true }).uncheck();
  await name.fill('Close of {month}');
  await page.getByRole('button', { name: 'Save schedule' }).click();
  await page.getByText('Choose at least one day of the week.').waitFor();
  await accessible(page, 'schedule without a day');
  await page.getByLabel('On the last business day of the month').check();
  await page.getByRole('button', { name: 'Save schedule' }).click();
  await page.getByText('Saved. Runs start by it from now on.').waitFor();
  await heading(page, 'Last business day of every month, started 2 days before at 07:00', 2);
});

test('a draft starts nothing, and the page says so; published, the clock moves and a run is there', async () => {
  const { page } = grace;
  await page.getByText('Nothing is started before this procedure is published').waitFor();
  await program(grace, 'POST', `procedures/${procedure}/publish`, { note: 'First' });
  daysPass(40);
  await until(page, `${tenantry.app}/orgs/acme/runs`, () => page.getByRole('link', { name: /^Close of / }).count());
  const { items } = (await program(grace, 'GET', 'runs')).body;
  assert.equal(items.length, 1);
  assert.match(items[0].name, /^Close of [A-Z]/);
  assert.equal(items[0].started_by, null);
  await page.getByRole('link', { name: /^Close of / }).click();
  await page.getByText('Reconcile the bank accounts').first().waitFor();
});

test('another one is made without script, by plain forms', async () => {
  const plain = await person({ javaScriptEnabled: false, storageState: await grace.context.storageState() });
  const { page } = plain;
  await page.goto(`${schedules()}/new`);
  await page.getByLabel('Every day').check();
  await page.getByLabel('Starts at').fill('06:30');
  await page.getByRole('button', { name: 'Show the next dates' }).click();
  assert.ok((await dates(page)).every((date) => date.includes('06:30')));
  await page.getByRole('button', { name: 'Save schedule' }).click();
  await heading(page, 'Every day at 06:30', 2);
  await page.getByRole('button', { name: 'Pause: Every day at 06:30' }).click();
  await page.getByText('It starts nothing until somebody resumes it.').last().waitFor();
  await page.getByRole('button', { name: 'Resume: Every day at 06:30' }).click();
  await page.getByText('Resumed, from the next day on.').waitFor();
  await plain.context.close();
});

test('after days without a worker the last day has its run and the page tells of the others', async () => {
  const { page } = grace;
  await page.goto(schedules());
  daysPass(3);
  await until(page, schedules(), () => page.getByText(/No run for .* and \d days? before it: nothing was at work here/).count());
  const { items } = (await program(grace, 'GET', 'runs')).body;
  assert.equal(items.filter((run) => run.name.startsWith('Month-end close, ')).length, 1);
  await page.getByRole('button', { name: 'Pause: Every day at 06:30' }).click();
  await page.getByText('Paused', { exact: true }).waitFor();
  await pictures(page, 'schedules');
});

test('whoever may not change them sees them', async () => {
  const { page } = joan;
  await page.goto(schedules());
  await heading(page, 'Every day at 06:30', 2);
  assert.equal(await page.getByRole('link', { name: /^Edit/ }).count(), 0);
  assert.equal(await page.getByRole('button', { name: /^(Pause|Resume)/ }).count(), 0);
  await accessible(page, 'schedules, as a member');
  const { items } = (await program(joan, 'GET', `procedures/${procedure}/schedules`)).body;
  assert.equal(items.length, 2);
  assert.equal(items[0].next.length, 3);
  assert.deepEqual(items[1].next, []);
  assert.equal((await program(joan, 'POST', `procedures/${procedure}/schedules/${items[0].id}/pause`)).status, 403);
});

test('an organisation that can only be read shows them, and nothing to press', async () => {
  const { page } = grace;
  tenantry.sql("update tenantry.organisations set billing_status = 'unpaid'");
  await page.goto(schedules());
  await heading(page, 'Every day at 06:30', 2);
  assert.equal(await page.getByRole('button', { name: /^(Pause|Resume)/ }).count(), 0);
  await pictures(page, 'schedules-read-only');
  await page.goto(`${schedules()}/new`);
  assert.equal(await page.getByRole('button', { name: 'Save schedule' }).count(), 0);
  tenantry.sql("update tenantry.organisations set billing_status = 'active'");
});

test('one is edited, and deleted after a question', async () => {
  const { page } = grace;
  await page.goto(schedules());
  await page.getByRole('link', { name: 'Edit: Every day at 06:30' }).click();
  await heading(page, 'Edit schedule');
  await page.getByLabel('Monday to Friday', { exact: true }).check();
  await page.getByRole('button', { name: 'Save schedule' }).click();
  await heading(page, 'Monday to Friday at 06:30', 2);
  await page.getByRole('link', { name: 'Edit: Monday to Friday at 06:30' }).click();
  await page.getByRole('button', { name: 'Delete schedule' }).first().click();
  await page.getByRole('dialog', { name: 'Delete this schedule?' }).waitFor();
  await pictures(page, 'schedules-delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete schedule' }).click();
  await page.getByText('The schedule is deleted. Runs that it started stay.').waitFor();
  assert.equal(await page.getByRole('heading', { name: /06:30/ }).count(), 0);
});

test('no page complained', () => {
  for (const { complaints } of [grace, joan]) assert.deepEqual(complaints, []);
});
