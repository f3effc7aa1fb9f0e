// Clerk is really gone and comes back while people work: who is signed in notices nothing, what needs Clerk says so, a
// server that starts meanwhile says why it cannot, and afterwards nothing is left undone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible } from './support/browser.mjs';
import { Parts } from './support/parts.mjs';
import { arrives, signIn, signOut, switchTo } from './support/people.mjs';
import { stage } from './support/stage.mjs';

const ADA = 'ada+clerk_test@acme-provisions.example';
const MAX = 'max+clerk_test@acme-provisions.example';
// A token is good for a minute, and clocks may differ by five seconds.
const LONGER_THAN_A_TOKEN = 67_000;

const house = new Parts();
let ada;
let max;
let typing;

const { person } = stage(house, async () => {
  [ada, max] = [await person(), await person()];
  await signIn(ada.page, house, ADA);
  await signIn(max.page, house, MAX);
  await ada.page.goto(`${house.app}/orgs/acme/runs`);
  await ada.page.getByRole('link', { name: 'Start a run' }).or(ada.page.getByRole('button', { name: 'Start a run' })).first().click();
  await ada.page.getByLabel(/Name of the run/).fill('In the dark');
  await ada.page.getByRole('button', { name: 'Start run' }).click();
  await ada.page.getByRole('heading', { name: 'In the dark' }).waitFor();
  typing = await ada.context.newPage();
  await typing.goto(`${house.app}/orgs/acme/procedures/new`);
  await typing.getByLabel('Name', { exact: true }).fill('Written in the dark');
});

const stateOf = async () => (await fetch(`${house.mailbox}/control/state.json`)).json();
const sessionCookie = async ({ context }) => (await context.cookies()).find(({ name }) => name === '__session').value;
const sessionOf = async (who) => JSON.parse(Buffer.from((await sessionCookie(who)).split('.')[1], 'base64url')).sid;

test('for longer than a token lives, people work on without Clerk', { timeout: 180_000 }, async () => {
  await house.stopPart('sandbox');
  await new Promise((resolve) => setTimeout(resolve, LONGER_THAN_A_TOKEN));
  // Within a page that was open.
  await ada.page.getByRole('button', { name: /^Mark done: / }).first().click();
  await ada.page.getByRole('button', { name: /^Undo: / }).first().waitFor();
  // A form that was open.
  await typing.getByRole('button', { name: 'Save draft' }).click();
  await arrives(typing, /\/procedures\/[0-9a-f-]{36}/);
  await typing.close();
  // Page loads, and the other organisation.
  await switchTo(ada.page, 'Northlight Studio');
  await arrives(ada.page, `${house.app}/orgs/northlight/**`);
  await switchTo(ada.page, 'Acme Provisions');
  await arrives(ada.page, `${house.app}/orgs/acme/**`);
  await ada.page.goto(`${house.app}/orgs/acme/procedures`);
  await ada.page.getByRole('link', { name: 'Written in the dark' }).waitFor();
});

test('what needs Clerk says so and keeps what was typed', async () => {
  const { page } = ada;
  await page.goto(`${house.app}/organisations`);
  await page.getByLabel('Name', { exact: true }).fill('Delta Works');
  await page.getByRole('button', { name: 'Create organisation' }).click();
  await page.getByText('Clerk, which keeps organisations, does not answer.').waitFor();
  await page.getByText('Nothing was created.').waitFor();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Delta Works');
});

test('signing out works, and Clerk is told when it is back', async () => {
  const session = await sessionOf(max);
  const token = await sessionCookie(max);
  await max.page.goto(`${house.app}/orgs/bolt/runs`);
  await signOut(max.page);
  const api = await fetch(`${house.app}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(api.status, 401);
  max.session = session;
});

test('a server that starts now says that it cannot tell who is who, and gives a form back', async () => {
  await ada.page.goto(`${house.app}/orgs/acme/procedures/new`);
  await ada.page.getByLabel('Name', { exact: true }).fill('Sent to a cold server');
  await house.stopPart('server');
  await house.startPart('server');
  await house.answers(`${house.app}/healthz`, 200);
  assert.equal((await fetch(`${house.app}/readyz`)).status, 503);
  await ada.page.getByRole('button', { name: 'Save draft' }).click();
  await ada.page.getByRole('heading', { name: 'Clerk does not answer' }).waitFor();
  await accessible(ada.page, 'a form that is given back without Clerk');
  const other = await ada.context.newPage();
  for (const path of ['/', '/orgs/acme/runs']) {
    assert.equal((await other.goto(`${house.app}${path}`)).status(), 503, path);
    await other.getByRole('heading', { name: 'Clerk does not answer' }).waitFor();
  }
  await other.close();
});

test('when Clerk is back everything goes on by itself within five seconds', async () => {
  const begun = Date.now();
  await house.startPart('sandbox');
  const back = Date.now();
  const { page } = ada;
  for (;;) {
    await page.waitForTimeout(200);
    const { status } = await fetch(`${house.app}/readyz`);
    if (status === 200) break;
    assert.ok(Date.now() - back < 5_000, 'still cold');
  }
  console.log(`# Clerk up after ${(back - begun) / 1000} s, the server ready ${(Date.now() - back) / 1000} s later`);
  await page.getByRole('button', { name: 'Send it again' }).click();
  // The token ended meanwhile: the same page, or the page of a session that has to begin again first.
  await page.getByRole('heading', { name: 'Sent to a cold server' }).or(page.getByRole('heading', { name: 'Your session has ended' })).waitFor();
  if (await page.getByRole('heading', { name: 'Your session has ended' }).count()) {
    const tab = ada.context.waitForEvent('page');
    await page.getByRole('link', { name: /Sign in, in a new tab/ }).click();
    await arrives(await tab, `${house.app}/**`);
    await page.getByRole('button', { name: 'Send it again' }).click();
  }
  await page.getByRole('heading', { name: 'Sent to a cold server' }).waitFor();

  await page.goto(`${house.app}/organisations`);
  await page.getByLabel('Name', { exact: true }).fill('Delta Works');
  await page.getByRole('button', { name: 'Create organisation' }).click();
  await arrives(page, `${house.app}/orgs/delta-works/**`);
});

test('the sign-out has reached Clerk, and the next sign-in asks who it is', { timeout: 120_000 }, async () => {
  const begun = Date.now();
  for (;;) {
    const { sessions } = await stateOf();
    const session = sessions.find(({ id }) => id === max.session);
    if (session.status !== 'active') break;
    assert.ok(Date.now() - begun < 90_000, 'the session goes on at Clerk');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  console.log(`# the sign-out reached Clerk ${(Date.now() - begun) / 1000} s after that`);
  await signIn(max.page, house, MAX);
  await max.page.goto(`${house.app}/orgs/bolt/runs`);
  await max.page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
});

test('the comparison with Clerk finds everything the same', async () => {
  const { spawnSync } = await import('node:child_process');
  const program = new URL('../target/debug/tenantry', import.meta.url).pathname;
  const { stdout, stderr } = spawnSync(program, ['job', 'run', 'reconcile-clerk', '--once'], {
    env: { PATH: process.env.PATH, RUST_LOG: 'off', ...house.env }, encoding: 'utf8', timeout: 60_000,
  });
  assert.match(stdout, /, 0 not the same/, stderr);
});
