// The first day with Tenantry, in a real browser: what a person can do, and what another one cannot see.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible } from './support/browser.mjs';
import { join } from './support/clerk.mjs';
import { activeOrganisationIs, createOrganisation, signIn, signOut, signUp, switchTo } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry('--no-seed');
let grace;
let joan;

const { person } = stage(tenantry);

const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

test('grace signs up with a code, creates an organisation and finds it calm and empty', async () => {
  grace = await person();
  const { page } = grace;
  await page.goto(tenantry.app);
  await accessible(page, 'landing');
  await signUp(page, tenantry, { first: 'Grace', last: 'Hopper', email: 'grace+clerk_test@acme.example' });
  await heading(page, 'Welcome, Grace');
  await accessible(page, 'no organisation yet');

  // Bad input is said beside the field, and nothing typed is lost.
  await page.getByLabel('Name', { exact: true }).fill('Acme Provisions');
  await page.getByLabel('Web address').fill('Not An Address');
  await page.getByRole('button', { name: 'Create organisation' }).click();
  assert.equal(await page.getByLabel('Web address').getAttribute('aria-invalid'), 'true');
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Acme Provisions');

  await createOrganisation(page, tenantry, 'Acme Provisions', 'acme');
  await page.goto(`${tenantry.app}/orgs/acme/runs`);
  await heading(page, 'Runs');
  await accessible(page, 'runs, empty');
  await page.getByRole('link', { name: 'Procedures', exact: true }).click();
  await page.getByRole('heading', { name: /Write down the first thing/ }).waitFor();
  await accessible(page, 'procedures, empty');
});

test('she writes a procedure with ordered steps and publishes it', async () => {
  const { page } = grace;
  await page.getByRole('link', { name: 'New procedure' }).click();
  await accessible(page, 'new procedure');
  await page.getByLabel('Name', { exact: true }).fill('Morning opening');
  await page.getByLabel('Details').fill('Before the first delivery.');
  await page.getByRole('button', { name: 'Save draft' }).click();
  await heading(page, 'Morning opening');
  for (const title of ['Unlock the dock', 'Read both thermometers', 'Release the first delivery']) {
    await page.getByLabel('Title').last().fill(title);
    await page.getByRole('button', { name: 'Add step' }).click();
    await page.getByRole('heading', { name: title }).waitFor();
  }
  await page.getByRole('button', { name: /Move up: Read both thermometers/ }).click();
  await page.waitForFunction(() => document.querySelector('.steps .step-title')?.textContent.includes('Read both thermometers'));
  await accessible(page, 'procedure, draft');
  await page.getByRole('button', { name: /^Publish/ }).first().click();
  await page.getByLabel(/What changed/).fill('The first version');
  await page.getByRole('dialog').getByRole('button', { name: /^Publish/ }).click();
  await page.getByText(/version 1/i).first().waitFor();
  await accessible(page, 'procedure, published');
});

test('she starts a run, ticks its steps, takes one back, and the run completes', async () => {
  const { page } = grace;
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await page.getByRole('button', { name: 'Start a run' }).first().click();
  await page.getByLabel(/Name of the run/).fill('Monday');
  await page.getByRole('button', { name: 'Start run' }).click();
  await heading(page, 'Monday');
  await accessible(page, 'run');
  for (const title of ['Read both thermometers', 'Unlock the dock', 'Release the first delivery']) {
    await page.getByRole('button', { name: `Mark done: ${title}` }).click();
    await page.getByRole('button', { name: `Undo: ${title}` }).waitFor();
  }
  await page.getByText('3 of 3').first().waitFor();
  await page.getByRole('button', { name: 'Undo: Unlock the dock' }).click();
  await page.getByRole('button', { name: 'Mark done: Unlock the dock' }).waitFor();
  await page.getByText('2 of 3').first().waitFor();
  await page.reload();
  await page.getByText('2 of 3').first().waitFor();
  await accessible(page, 'run, half done');
});

test('joan signs up with a second organisation and sees nothing of the first', async () => {
  joan = await person();
  const { page } = joan;
  await signUp(page, tenantry, { first: 'Joan', last: 'Clarke', email: 'joan+clerk_test@bolt.example' });
  await createOrganisation(page, tenantry, 'Bolt Cycles', 'bolt');
  await page.goto(`${tenantry.app}/orgs/bolt/procedures`);
  await page.getByRole('heading', { name: /Write down the first thing/ }).waitFor();
  assert.ok(!(await page.content()).includes('Morning opening'));

  // Another's address and nobody's address are the same page.
  const foreign = await page.goto(`${tenantry.app}/orgs/acme/procedures`);
  const foreignPage = await page.content();
  const unknown = await page.goto(`${tenantry.app}/orgs/nowhere/procedures`);
  assert.deepEqual([foreign.status(), unknown.status()], [404, 404]);
  assert.equal(foreignPage.replaceAll('acme', 'X'), (await page.content()).replaceAll('nowhere', 'X'));
  await accessible(page, 'not found');
});

test('joan belongs to both: she switches in the navigation, and keeps one tab on each', async () => {
  // What an invitation will do: Clerk says that she is a member of Acme too.
  await join(tenantry, 'acme', 'joan+clerk_test@bolt.example');

  const { page, context } = joan;
  // The webhook brings it to our tables.
  for (let tries = 0; ; tries += 1) {
    await page.goto(`${tenantry.app}/orgs/bolt/procedures`);
    if ((await page.content()).includes('Acme Provisions')) break;
    assert.ok(tries < 40, 'the membership did not arrive');
    await page.waitForTimeout(250);
  }
  await switchTo(page, 'Acme Provisions');
  await page.waitForURL(`${tenantry.app}/orgs/acme/procedures`);
  await page.getByRole('link', { name: 'Morning opening' }).waitFor();
  await activeOrganisationIs(context, 'acme');
  // A member of Acme does not write procedures there.
  assert.equal(await page.getByRole('link', { name: 'New procedure' }).count(), 0);
  await accessible(page, 'procedures, as a member');

  const bolt = await context.newPage();
  await bolt.goto(`${tenantry.app}/orgs/bolt/procedures`);
  await activeOrganisationIs(context, 'bolt');
  // The first tab still shows Acme and works on Acme, although the cookie was made for Bolt last.
  await page.bringToFront();
  await page.goto(`${tenantry.app}/orgs/acme/runs`);
  await page.getByRole('link', { name: 'Monday' }).click();
  await bolt.goto(`${tenantry.app}/orgs/bolt/procedures/new`);
  await page.getByRole('button', { name: 'Mark done: Unlock the dock' }).click();
  await page.getByRole('button', { name: 'Undo: Unlock the dock' }).waitFor();
  await bolt.getByLabel('Name', { exact: true }).fill('Bike intake');
  await bolt.getByRole('button', { name: 'Save draft' }).click();
  await heading(bolt, 'Bike intake');
  assert.ok(bolt.url().startsWith(`${tenantry.app}/orgs/bolt/`));
  await page.goto(`${tenantry.app}/orgs/acme/procedures`);
  assert.ok(!(await page.content()).includes('Bike intake'));
  await bolt.close();
});

test('switching is a link that works without script, and so does a tick', async () => {
  const plain = await person({ javaScriptEnabled: false });
  const { page } = plain;
  await signIn(page, tenantry, 'joan+clerk_test@bolt.example');
  await page.goto(`${tenantry.app}/orgs/bolt/procedures`);
  await page.goto(`${tenantry.app}/orgs/acme/runs?state=all`);
  await page.getByRole('link', { name: 'Monday' }).click();
  await page.getByRole('button', { name: 'Undo: Unlock the dock' }).click();
  await page.getByRole('button', { name: 'Mark done: Unlock the dock' }).waitFor();
  assert.ok(page.url().includes('/orgs/acme/runs/'));
  await plain.context.close();
});

test('everything survives a restart, the sessions too', async () => {
  // Open pages would ask for news while nobody is there.
  await Promise.all([grace, joan].map((one) => one.page.goto('about:blank')));
  await tenantry.stop();
  await tenantry.start();
  const { page } = grace;
  await page.goto(`${tenantry.app}/orgs/acme/runs?state=all`);
  await page.getByRole('link', { name: 'Monday' }).click();
  await page.getByText('2 of 3').first().waitFor();
});

test('after signing out nothing is left to see', async () => {
  const { page, context } = grace;
  const run = page.url();
  await signOut(page);
  await page.goto(run);
  await page.getByLabel('Email address').waitFor();
  assert.ok(page.url().startsWith(tenantry.clerk));
  const answer = await context.request.get(run, { maxRedirects: 0 });
  assert.notEqual(answer.status(), 200);
});

test('no page complained, and none asked another host for anything', () => {
  for (const { complaints, hosts } of [grace, joan]) {
    assert.deepEqual(complaints, []);
    const ours = new Set([new URL(tenantry.app).host, new URL(tenantry.clerk).host]);
    assert.deepEqual([...hosts].filter((host) => !ours.has(host)), []);
  }
});
