// A session that ends in the middle of work, in every way it can; and one that is ended from outside.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible } from './support/browser.mjs';
import { signIn } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const ADA = 'ada+clerk_test@acme-provisions.example';
const MAX = 'max+clerk_test@acme-provisions.example';
// A token is good for a minute, and clocks may differ by five seconds.
const LONGER_THAN_A_TOKEN = 67_000;

const tenantry = new Tenantry();

const { person } = stage(tenantry);

// A person on the page of a new procedure, with something typed.
async function typing(name, { clerkJs = false, refresh = true } = {}) {
  const { context, page } = await person();
  if (!clerkJs) await context.route('**/clerk.browser.js', (route) => route.abort());
  await signIn(page, tenantry, ADA);
  await page.goto(`${tenantry.app}/orgs/acme/procedures/new`);
  await page.getByLabel('Name').fill(name);
  if (!refresh) {
    const cookies = await context.cookies();
    for (const cookie of cookies.filter(({ name: one }) => one.startsWith('__refresh'))) await context.clearCookies({ name: cookie.name });
  }
  return { context, page };
}

const save = (page) => page.getByRole('button', { name: /create|save/i }).first().click();
const procedures = async (page) => {
  await page.goto(`${tenantry.app}/orgs/acme/procedures`);
  return page.locator('main').innerText();
};

test('nothing typed is lost when the token ends, whoever renews it', { timeout: 180_000 }, async () => {
  const kept = await typing('Kept by ClerkJS', { clerkJs: true });
  const renewed = await typing('Renewed by the server');
  const given = await typing('Given back and sent again', { refresh: false });
  await new Promise((resolve) => setTimeout(resolve, LONGER_THAN_A_TOKEN));

  await save(kept.page);
  await kept.page.waitForURL(/\/procedures\/[0-9a-f-]{36}/);

  await save(renewed.page);
  await renewed.page.waitForURL(/\/procedures\/[0-9a-f-]{36}/);

  await save(given.page);
  await given.page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  assert.match(await given.page.locator('details').innerText(), /What you typed/);
  await accessible(given.page, 'a form that is given back');
  const tab = given.context.waitForEvent('page');
  await given.page.getByRole('link', { name: /Sign in, in a new tab/ }).click();
  await (await tab).waitForURL(`${tenantry.app}/orgs/**`);
  await given.page.getByRole('button', { name: 'Send it again' }).click();
  await given.page.waitForURL(/\/procedures\/[0-9a-f-]{36}/);

  const list = await procedures(given.page);
  for (const name of ['Kept by ClerkJS', 'Renewed by the server', 'Given back and sent again']) {
    assert.equal(list.split(name).length - 1, 1, `${name} once in ${list}`);
  }
  await Promise.all([kept, renewed, given].map(({ context }) => context.close()));
});

// A person on the page of a run of their own, in which nothing is done yet.
async function running(name, { refresh }) {
  const { context, page } = await person();
  await context.route('**/clerk.browser.js', (route) => route.abort());
  await signIn(page, tenantry, ADA);
  await page.goto(`${tenantry.app}/orgs/acme/runs?open=start`);
  await page.getByLabel(/Name of the run/).fill(name);
  await page.getByRole('button', { name: 'Start run' }).click();
  await page.getByRole('heading', { name }).waitFor();
  if (!refresh) await context.clearCookies({ name: /^__refresh/ });
  return { context, page };
}

test('a tick within the page goes through when the token has ended, or says what to do and leaves the page as it is', { timeout: 180_000 }, async () => {
  const renewed = await running('Renewed within the page', { refresh: true });
  const told = await running('Told within the page', { refresh: false });
  const first = (page) => page.locator('.steps .step').first();
  await new Promise((resolve) => setTimeout(resolve, LONGER_THAN_A_TOKEN));

  await first(renewed.page).getByRole('button', { name: /^Mark done/ }).click();
  await first(renewed.page).getByRole('button', { name: /^Undo/ }).waitFor();

  const { context, page } = told;
  const before = page.url();
  await first(page).getByRole('button', { name: /^Mark done/ }).click();
  await page.getByText('Your session has ended').waitFor();
  assert.equal(page.url(), before);
  assert.equal(await first(page).getByRole('button', { name: /^Mark done/ }).count(), 1, 'nothing is done');
  await accessible(page, 'a run whose session has ended');
  const tab = context.waitForEvent('page');
  await page.getByRole('link', { name: /Sign in, in a new tab/ }).click();
  await (await tab).waitForURL(before);
  await first(page).getByRole('button', { name: /^Mark done/ }).click();
  await first(page).getByRole('button', { name: /^Undo/ }).waitFor();
  await Promise.all([context.close(), renewed.context.close()]);
});

test('operators see the machinery and customers find nothing there', async () => {
  const opal = await person();
  await signIn(opal.page, tenantry, 'opal+clerk_test@operators.example');
  await opal.page.goto(`${tenantry.app}/operators`);
  await opal.page.getByText('Everything is the same').first().waitFor();
  await opal.page.getByRole('button', { name: 'Compare with Clerk now' }).click();
  await opal.page.getByText('A worker compares our directory').waitFor();
  await accessible(opal.page, 'operators');
  await opal.context.close();
  const ada = await person();
  await signIn(ada.page, tenantry, ADA);
  assert.equal((await ada.page.goto(`${tenantry.app}/operators`)).status(), 404);
  await ada.context.close();
});

test('a session ended at Clerk is out here within a second, though its token is still good', async () => {
  const { context, page } = await person();
  await context.route('**/clerk.browser.js', (route) => route.abort());
  await signIn(page, tenantry, MAX);
  await page.goto(`${tenantry.app}/orgs/acme/runs`);
  assert.equal(await page.getByRole('heading', { name: 'Runs', level: 1 }).count(), 1);
  const { users } = await (await fetch(`${tenantry.mailbox}/control/state.json`)).json();
  const max = users.find((user) => user.email_address === MAX);
  const ended = await fetch(`${tenantry.mailbox}/control/users/${max.id}/end-sessions`, {
    method: 'POST', headers: { accept: 'application/json', 'content-type': 'application/json' },
  });
  assert.equal(ended.status, 200);
  const begun = Date.now();
  const out = async () => (await context.request.get(`${tenantry.app}/orgs/acme/runs`, { maxRedirects: 0, headers: { 'sec-fetch-dest': 'empty' } })).status() === 401;
  while (!(await out())) assert.ok(Date.now() - begun < 1500, 'still answered');
  await page.goto(`${tenantry.app}/orgs/acme/runs`);
  await page.getByLabel('Email address').waitFor();
  await context.close();
});
