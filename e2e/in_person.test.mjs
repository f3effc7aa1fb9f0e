// Who sits there, in a real browser: somebody who acts in a person's name is seen and kept from what is the person's alone;
// and whoever signed in long ago signs in again, and goes on where they were.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, output } from './support/browser.mjs';
import { atClerk, idOf } from './support/clerk.mjs';
import { appears, arrives, signIn } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry();
const ADA = 'ada+clerk_test@acme-provisions.example';
const MAX = 'max+clerk_test@acme-provisions.example';
let ids;

const { person } = stage(tenantry, async () => {
  ids = { ada: await idOf(tenantry, ADA), max: await idOf(tenantry, MAX) };
});

// As if the person had signed in so much earlier; the next token says so.
async function ages(page, minutes) {
  const answer = await fetch(`${tenantry.mailbox}/control/users/${ids.ada}/age`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ minutes }),
  });
  assert.ok(answer.ok, `${answer.status}`);
  await page.waitForFunction(() => window.Clerk?.session);
  await page.evaluate(() => window.Clerk.session.getToken({ skipCache: true }));
}

async function makesMaxAnAdmin(page) {
  await page.goto(`${tenantry.app}/orgs/acme/settings/members/${ids.max}`);
  await page.getByRole('radio', { name: /^Admin/ }).check();
  await page.getByRole('button', { name: 'Save roles' }).click();
}

test('whoever acts in somebody’s name is seen on every page, and makes nobody an admin', async () => {
  const token = await atClerk(tenantry, '/actor_tokens', { user_id: ids.ada, actor: { sub: 'user_opal' } });
  const { page, context, complaints } = await person();
  await page.goto(token.url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await arrives(page, `${tenantry.app}/**`);
  for (const path of ['/orgs/acme/runs', '/orgs/acme/settings/members', '/account', '/organisations']) {
    await page.goto(`${tenantry.app}${path}`);
    await appears(page, page.getByText('This session is impersonated:'));
    await appears(page, page.getByText('user_opal acts in this person’s name'));
  }
  await page.goto(`${tenantry.app}/orgs/acme/runs`);
  await accessible(page, 'impersonated');
  await page.screenshot({ path: `${output}impersonated.png` });
  await page.goto(`${tenantry.app}/account`);
  await accessible(page, 'impersonated, outside of an organisation');
  await page.screenshot({ path: `${output}impersonated-account.png` });
  await makesMaxAnAdmin(page);
  await appears(page, page.getByText('Only the person themselves may do this'));
  await page.goto(`${tenantry.app}/orgs/acme/settings/audit-log?outcome=refused`);
  await appears(page, page.getByText('by user_opal, who acted in their name').first());
  await page.screenshot({ path: `${output}impersonated-log.png` });
  await page.getByRole('button', { name: 'End it' }).click();
  await appears(page, page.getByRole('link', { name: 'Sign in' }));
  assert.deepEqual(complaints, []);
  await context.close();
});

test('whoever signed in long ago signs in again to make an admin, and nothing chosen is lost', async () => {
  const { page, context, complaints } = await person();
  await signIn(page, tenantry, ADA);
  await page.goto(`${tenantry.app}/orgs/acme/settings/members`);
  await ages(page, 11);
  await makesMaxAnAdmin(page);
  await appears(page, page.getByRole('heading', { level: 1, name: 'Confirm that it is you' }));
  await accessible(page, 'confirm that it is you');
  await page.screenshot({ path: `${output}confirm.png` });
  const opened = context.waitForEvent('page');
  await page.getByRole('button', { name: 'Sign in again, in a new tab' }).click();
  const tab = await opened;
  await tab.getByLabel('Email address').fill(ADA);
  await tab.getByRole('button', { name: 'Continue' }).click();
  await tab.getByLabel('Code', { exact: true }).fill('424242');
  await tab.getByRole('button', { name: 'Continue' }).click();
  // Back at the page that the form was on.
  await arrives(tab, `${tenantry.app}/orgs/acme/settings/members/**`);
  await tab.close();
  // Longer than ClerkJS waits before it writes its token into the cookie: it must not be the old one's.
  await page.waitForTimeout(6000);
  await page.getByRole('button', { name: 'Send it again' }).click();
  await arrives(page, `${tenantry.app}/orgs/acme/settings/members`);
  await appears(page, page.getByRole('row').filter({ hasText: 'Max' }).getByText('Admin'));
  assert.deepEqual(complaints, []);
  await context.close();
});
