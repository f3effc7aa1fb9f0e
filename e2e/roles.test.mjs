// Roles of an organisation's own, in a real browser: made, given, felt, changed, deleted; and the audit log that tells of it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { accessible, pictures } from './support/browser.mjs';
import { join } from './support/clerk.mjs';
import { createOrganisation, signUp } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry('--no-seed');
let grace;
let joan;

const { person } = stage(tenantry);

const heading = (page, name, level = 2) => page.getByRole('heading', { level, name }).waitFor();
const roles = () => `${tenantry.app}/orgs/acme/settings/roles`;

async function until(page, url, what) {
  for (let tries = 0; ; tries += 1) {
    const answer = await page.goto(url);
    if (await what(answer)) return;
    assert.ok(tries < 60, `${url} does not come to what it should: ${await page.locator('body').innerText()}`);
    await page.waitForTimeout(250);
  }
}

// What a program of the person's would do, with the token of their session.
async function program(who, method, path, body) {
  return who.page.evaluate(async ([method, url, body]) => {
    const token = await window.Clerk.session.getToken();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
  }, [method, `${tenantry.app}/api/v1/orgs/acme/${path}`.replace(/\/$/, ''), body]);
}

test('two people in one organisation: an admin and a member', async () => {
  grace = await person();
  await signUp(grace.page, tenantry, { first: 'Grace', last: 'Hopper', email: 'grace+clerk_test@acme.example' });
  await createOrganisation(grace.page, tenantry, 'Acme Provisions', 'acme');
  joan = await person();
  await signUp(joan.page, tenantry, { first: 'Joan', last: 'Clarke', email: 'joan+clerk_test@acme.example' });
  await join(tenantry, 'acme', 'joan+clerk_test@acme.example');
  await until(joan.page, roles(), (answer) => answer.status() === 200);
});

test('on a plan without roles of one’s own the page says so, and what would change it', async () => {
  const { page } = grace;
  await page.goto(roles());
  await heading(page, 'Who may do what');
  await page.getByText(/are not in the Free plan\. Move to the Business plan/).waitFor();
  assert.equal(await page.getByRole('button', { name: 'New custom role' }).getAttribute('aria-disabled'), 'true');
  await pictures(page, 'roles-plan');
  await page.goto(`${roles()}/new`);
  await heading(page, 'Your plan does not go that far', 1);
});

test('grace makes a role, mistakes are said beside their field, and nothing typed is lost', async () => {
  const { page } = grace;
  tenantry.sql("update tenantry.organisations set plan = 'business'");
  await page.goto(roles());
  await page.getByRole('link', { name: 'New custom role' }).click();
  await heading(page, 'New custom role');
  await accessible(page, 'new role');
  await page.getByLabel('Name', { exact: true }).fill('Shift lead');
  await page.getByRole('button', { name: 'Create role' }).click();
  await page.getByText('Choose at least one permission.').waitFor();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Shift lead');
  await pictures(page, 'roles-new');
  await page.getByLabel('Edit and publish procedures').check();
  await page.getByLabel('Read the audit log').check();
  await page.getByRole('button', { name: 'Create role' }).click();
  await page.getByText('The role is there.').waitFor();
  await page.getByRole('columnheader', { name: /Shift lead/ }).waitFor();
  await pictures(page, 'roles');
});

test('joan is given it and sees at once what it opens', async () => {
  const { page } = joan;
  await page.goto(`${tenantry.app}/orgs/acme/procedures`);
  assert.equal(await page.getByRole('link', { name: 'New procedure' }).count(), 0);
  assert.equal((await page.goto(`${tenantry.app}/orgs/acme/settings/audit-log`)).status(), 403);
  await page.goto(roles());
  assert.equal(await page.getByRole('link', { name: 'Audit log' }).count(), 0);
  assert.equal(await page.getByRole('link', { name: 'New custom role' }).count(), 0);
  await accessible(page, 'roles, as a member');

  const { items: people } = (await program(grace, 'GET', 'members')).body;
  const { items: all } = (await program(grace, 'GET', 'roles')).body;
  const id = (list, name) => list.find((one) => one.name === name).id;
  const given = { custom_roles: [id(all, 'Shift lead')] };
  assert.equal((await program(grace, 'PATCH', `members/${id(people, 'Joan Clarke')}`, given)).status, 204);
  await page.reload();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await heading(page, 'Audit log');
  await page.getByText('Tried what needs audit:read (audit_log)').waitFor();
  await page.goto(`${tenantry.app}/orgs/acme/procedures`);
  await page.getByRole('link', { name: 'New procedure' }).first().waitFor();
});

test('grace changes the role from its menu, and joan loses what it no longer opens', async () => {
  const { page } = grace;
  await page.goto(roles());
  await page.getByRole('button', { name: 'Actions for Shift lead' }).click();
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByText('Held by Joan Clarke. They feel a change at once.').waitFor();
  await pictures(page, 'role');
  await page.getByLabel('Read the audit log').uncheck();
  await page.getByRole('button', { name: 'Save Shift lead' }).click();
  await page.getByText('Whoever holds the role has its new rights now.').waitFor();
  assert.equal((await joan.page.goto(`${tenantry.app}/orgs/acme/settings/audit-log`)).status(), 403);
  await heading(joan.page, 'You need audit:read for this', 1);

  // A copy of it, for somebody else.
  await page.getByRole('button', { name: 'Actions for Shift lead' }).click();
  await page.getByRole('link', { name: 'Duplicate' }).click();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Shift lead copy');
  assert.ok(await page.getByLabel('Edit and publish procedures').isChecked());
});

test('it is deleted with another one instead, which joan holds then', async () => {
  const { page } = grace;
  await page.goto(roles());
  await page.getByRole('button', { name: 'Actions for Shift lead' }).click();
  await page.getByRole('link', { name: 'Delete and replace' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete Shift lead?' });
  await dialog.waitFor();
  await pictures(page, 'role-delete');
  await dialog.getByLabel('Whoever holds it gets').selectOption('Report-viewer');
  await dialog.getByRole('button', { name: 'Delete Shift lead' }).click();
  await page.getByText('The role is deleted.').waitFor();
  assert.equal(await page.getByRole('columnheader', { name: /Shift lead/ }).count(), 0);
  await page.getByRole('row', { name: /Report-viewer.*Joan Clarke/ }).waitFor();
  const answer = await program(joan, 'GET', '');
  assert.deepEqual([answer.status, answer.body.custom_roles], [200, ['Report-viewer']]);
  assert.ok(answer.body.permissions.includes('reports:read') && !answer.body.permissions.includes('procedures:manage'));
});

test('the audit log tells all of it, and gives it as a file', async () => {
  const { page } = grace;
  await page.goto(`${tenantry.app}/orgs/acme/settings/audit-log`);
  for (const sentence of ['Deleted the role Shift lead', 'Changed the role Shift lead', 'Made the role Shift lead']) {
    await page.getByRole('row', { name: sentence }).first().waitFor();
  }
  await page.getByText('What changed', { exact: false }).nth(1).click();
  await pictures(page, 'audit-log');
  await page.getByLabel('Outcome').selectOption('Refused');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('Tried what needs audit:read (audit_log)').first().waitFor();
  assert.equal(await page.getByRole('row', { name: 'Made the role Shift lead' }).count(), 0);
  await page.getByLabel('From').fill('2001-01-01');
  await page.getByLabel('To', { exact: true }).fill('2001-01-02');
  await page.getByRole('button', { name: 'Apply' }).click();
  await heading(page, 'No entry fits', 3);
  await accessible(page, 'audit log, nothing found');
  await page.getByRole('link', { name: 'Clear all filters' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export', exact: true }).click()]);
  assert.equal(download.suggestedFilename(), 'audit-log-acme.csv');
});

test('the verifier finds an entry that was changed behind the server’s back, and the page says which', async () => {
  const { page } = grace;
  const verify = () => {
    const program = new URL('../target/debug/tenantry', import.meta.url).pathname;
    const env = { PATH: process.env.PATH, RUST_LOG: 'off', ...tenantry.env };
    return spawnSync(program, ['job', 'run', 'verify-audit-logs', '--once'], { env, encoding: 'utf8', timeout: 60_000 });
  };
  const well = verify();
  assert.deepEqual([well.status, well.stdout], [0, '1 audit logs verified, 0 broken\n'], well.stderr);
  await page.goto(`${tenantry.app}/orgs/acme/settings/audit-log`);
  await page.getByText(/^Checked .* are as they were written/).waitFor();
  // Past the trigger that lets nobody rewrite an entry.
  tenantry.sql("set session_replication_role = replica; update tenantry.audit_log set actor_name = 'Joan Clarke' where sequence = 2");
  const broken = verify();
  assert.equal(broken.status, 1, broken.stdout);
  assert.match(broken.stdout, /entry 2 does not fit the ones before it\n1 audit logs verified, 1 broken/);
  await page.reload();
  await page.getByText('Entry 2 does not fit the ones before it.').waitFor();
  await pictures(page, 'audit-log-broken');
});

test('it works without script: a role is made and deleted by plain forms', async () => {
  const { page } = grace;
  const state = await grace.context.storageState();
  const plain = await person({ javaScriptEnabled: false, storageState: state });
  await plain.page.goto(`${roles()}/new`);
  await plain.page.getByLabel('Name', { exact: true }).fill('Buyer');
  await plain.page.getByLabel('Change plan and payment').check();
  await plain.page.getByRole('button', { name: 'Create role' }).click();
  await plain.page.getByRole('columnheader', { name: /Buyer/ }).getByRole('link').click();
  await plain.page.getByRole('link', { name: 'Delete role' }).click();
  await plain.page.getByRole('button', { name: 'Delete Buyer' }).click();
  await plain.page.getByRole('heading', { name: 'Who may do what' }).waitFor();
  assert.equal(await plain.page.getByRole('columnheader', { name: /Buyer/ }).count(), 0);
  await plain.context.close();
});

test('no page complained', () => {
  for (const { complaints } of [grace, joan]) assert.deepEqual(complaints, []);
});
