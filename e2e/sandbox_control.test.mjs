// The sandbox's control page: what it makes happen at Clerk, and what becomes of it in the application.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible } from './support/browser.mjs';
import { appears, createOrganisation, signUp } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry('--no-seed');
let mary;
let control;

const { person } = stage(tenantry, async () => {
  mary = await person();
  await signUp(mary.page, tenantry, { first: 'Mary', last: 'Ward', email: 'mary+clerk_test@example.com' });
  await createOrganisation(mary.page, tenantry, 'Acme', 'acme');
  control = await person();
});

const press = async (path, body = {}) => {
  const answer = await fetch(`${tenantry.mailbox}/control/${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, path);
  return answer.json();
};
const state = () => fetch(`${tenantry.mailbox}/control/state.json`).then((answer) => answer.json());
const backend = (method, path, body) => fetch(`${tenantry.env.CLERK_API_URL}/v1/${path}`, {
  method, body: body && JSON.stringify(body),
  headers: { authorization: `Bearer ${tenantry.env.CLERK_SECRET_KEY}`, 'content-type': 'application/json' },
});
const open = async () => {
  await mary.page.goto(`${tenantry.app}/orgs/acme/procedures`);
  await appears(mary.page, mary.page.getByRole('heading', { level: 1, name: 'Procedures' }));
};
async function until(what, holds) {
  for (let tries = 0; tries < 60; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assert.fail(what);
}

test('a fault is asked for on the page, and is over after its call', async () => {
  const { page, complaints } = control;
  await page.goto(`${tenantry.mailbox}/control`);
  const faults = page.getByRole('region', { name: 'Faults', exact: true });
  await faults.getByLabel('What goes wrong').selectOption({ label: 'Refused with the code' });
  await faults.getByLabel('Code', { exact: true }).selectOption('organization_membership_managed_by_scim');
  await faults.getByLabel('API').selectOption('backend');
  await faults.getByLabel('Path').fill('/v1/users/*');
  await faults.getByRole('button', { name: 'Add fault' }).click();
  await page.getByRole('cell', { name: 'any method /v1/users/* (backend)', exact: true }).waitFor();
  await accessible(page, 'the control page');
  const [{ id }] = (await state()).users;
  const refused = await backend('GET', `users/${id}`);
  assert.deepEqual([refused.status, (await refused.json()).errors[0].code], [409, 'organization_membership_managed_by_scim']);
  assert.equal((await backend('GET', `users/${id}`)).status, 200);
  await page.reload();
  await page.getByRole('row').filter({ hasText: `GET /v1/users/${id}` }).filter({ hasText: '409' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Clear organization_membership/ }).count(), 0);
  assert.deepEqual(complaints, []);
});

test('ClerkJS hears of a limit, and how long to wait', async () => {
  await open();
  await mary.page.waitForFunction(() => window.Clerk?.loaded && window.Clerk.user);
  await press('faults', { kind: 'too_many_requests', retry_after: 7, api: 'frontend', method: 'PATCH', path: '/v1/me', times: 1 });
  const change = () => mary.page.evaluate(() => window.Clerk.user.update({ firstName: 'May' })
    .then(({ firstName }) => firstName, (error) => [error.status, error.retryAfter, error.errors[0].code]));
  assert.deepEqual(await change(), [429, 7, 'too_many_requests']);
  assert.equal(await change(), 'May');
});

test('the secret of webhooks is rotated, and for a while both are good', async () => {
  const { id } = (await state()).organizations[0];
  assert.equal((await press('webhooks/secret')).signatures, 2);
  await backend('PATCH', `organizations/${id}`, { name: 'Acme Provisions' });
  await until('the event was not taken', async () => {
    const [newest] = (await state()).deliveries;
    return newest.type === 'organization.updated' && newest.status === 'delivered';
  });
  await press('webhooks/secret/end-overlap');
  await backend('PATCH', `organizations/${id}`, { name: 'Acme' });
  await until('the event was not refused', async () => /^4\d\d$/.test((await state()).deliveries[0].last_answer ?? ''));
  // The secret the application knows is put back, so that what waits goes out.
  await press('webhooks/secret', { secret: tenantry.env.CLERK_WEBHOOK_SIGNING_SECRET });
  await until('what waited was not taken', async () => (await state()).deliveries[0].status === 'delivered');
});

test('events come late and in reverse, and the application knows the last word', async () => {
  const { id } = (await state()).organizations[0];
  await press('webhooks', { hold: 3 });
  for (const name of ['One', 'Two', 'Three']) await backend('PATCH', `organizations/${id}`, { name });
  await until('the page does not say Three', async () => {
    await open();
    return await mary.page.getByText('Three', { exact: true }).count() > 0;
  });
});

test('signing keys are rotated under somebody who is signed in', { timeout: 120_000 }, async () => {
  await open();
  const { kids } = await press('keys/rotate');
  assert.equal(kids.length, 2);
  const kid = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid;
  await mary.page.waitForFunction(() => window.Clerk?.loaded && window.Clerk.session);
  const token = await mary.page.evaluate(() => window.Clerk.session.getToken({ skipCache: true }));
  assert.equal(kid(token), kids[1]);
  await open();
  assert.deepEqual((await press('keys/withdraw')).kids, [kids[1]]);
  await open();
});

test('an organisation that is deleted at Clerk is gone', async () => {
  const { page } = control;
  await page.goto(`${tenantry.mailbox}/control`);
  await page.getByRole('button', { name: 'Delete Three' }).click();
  await page.getByRole('heading', { level: 1, name: 'Control' }).waitFor();
  assert.deepEqual((await state()).organizations, []);
  await until('its page is still there', async () => {
    const answer = await mary.page.request.get(`${tenantry.app}/orgs/acme/procedures`, { maxRedirects: 0 });
    return !answer.ok();
  });
});
