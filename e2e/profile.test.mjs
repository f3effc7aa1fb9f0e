// Settings, Profile and a person's own account, in a real browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, output } from './support/browser.mjs';
import { atClerk } from './support/clerk.mjs';
import { createOrganisation, signIn, signUp } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry('--no-seed');
const ADA = 'ada+clerk_test@acme.example';
let ada;

const { person } = stage(tenantry, async () => {
  ada = await person();
  await signUp(ada.page, tenantry, { first: 'Ada', last: 'Brandt', email: ADA });
  await createOrganisation(ada.page, tenantry, 'Acme Provisions', 'acme');
});

async function shots(page, name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${output}${name}-${colorScheme}.png`, fullPage: true });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ path: `${output}${name}-narrow.png`, fullPage: true });
  await page.setViewportSize({ width: 1280, height: 800 });
}

test('name, address and time zone change; the old address leads on', async () => {
  const { page } = ada;
  await page.goto(`${tenantry.app}/orgs/acme/settings/profile`);
  await accessible(page, 'profile');
  await page.getByLabel('Web address').fill('api');
  await page.getByRole('button', { name: 'Save profile' }).click();
  await page.getByText('kept for our own pages').waitFor();
  await accessible(page, 'profile, refused');
  await page.getByLabel('Name', { exact: true }).fill('Acme Foods');
  await page.getByLabel('Web address').fill('acme-foods');
  await page.getByLabel('Time zone').selectOption('Europe/Berlin');
  await page.getByRole('button', { name: 'Save profile' }).click();
  await page.waitForURL('**/orgs/acme-foods/settings/profile');
  await page.getByText('Profile saved.').waitFor();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Acme Foods');
  assert.equal(await page.getByLabel('Time zone').inputValue(), 'Europe/Berlin');
  await page.goto(`${tenantry.app}/orgs/acme/runs?from=a-bookmark`);
  assert.equal(new URL(page.url()).pathname, '/orgs/acme-foods/runs');
  await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
  // And Clerk knows it.
  assert.equal((await atClerk(tenantry, '/organizations/acme-foods')).name, 'Acme Foods');
});

test('an address that was another’s is not given', async () => {
  const joan = await person();
  const { page } = joan;
  await signUp(page, tenantry, { first: 'Joan', last: 'Clarke', email: 'joan+clerk_test@bolt.example' });
  await page.goto(`${tenantry.app}/organisations`);
  await page.getByLabel('Name', { exact: true }).fill('Acme');
  await page.getByLabel('Web address').fill('acme');
  await page.getByRole('button', { name: 'Create organisation' }).click();
  await page.getByText('acme is taken. acme-2 is free.').waitFor();
  // Nothing leads somebody else on from it.
  await page.goto(`${tenantry.app}/orgs/acme/runs`);
  assert.equal(new URL(page.url()).pathname, '/organisations');
  await joan.context.close();
});

test('a logo is uploaded, shown in the switcher, and removed', async () => {
  const { page } = ada;
  await page.goto(`${tenantry.app}/orgs/acme-foods/settings/profile`);
  await page.getByLabel('Picture').setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: Buffer.from('<svg/>') });
  await page.getByRole('button', { name: 'Upload logo' }).click();
  await page.getByText('SVG among them, are not taken').waitFor();
  await accessible(page, 'profile, logo refused');
  // A picture of the page's own.
  const buffer = await page.screenshot({ clip: { x: 0, y: 0, width: 320, height: 320 } });
  await page.getByLabel('Picture').setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer });
  await page.getByRole('button', { name: 'Upload logo' }).click();
  await page.getByText('The logo is saved.').waitFor();
  const marks = await page.locator('.switcher .org-mark img').evaluateAll((all) => all.map((one) => one.naturalWidth));
  assert.deepEqual(marks, [256]);
  await page.getByRole('button', { name: /Dismiss/ }).click();
  await accessible(page, 'profile, with logo');
  await shots(page, 'profile');
  await page.getByRole('button', { name: 'Remove logo' }).click();
  await page.getByText('The logo is removed.').waitFor();
  assert.equal(await page.locator('.org-mark img').count(), 0);
});

test('the account shows organisations and sessions; the last admin is told why they stay', async () => {
  const phone = await person();
  await signIn(phone.page, tenantry, ADA);
  const { page } = ada;
  await page.goto(`${tenantry.app}/orgs/acme-foods/runs`);
  await page.getByRole('button', { name: /Your menu/ }).click();
  await page.getByRole('link', { name: 'Your account' }).click();
  await page.getByRole('heading', { level: 1, name: 'Your account' }).waitFor();
  await page.getByText('This one', { exact: true }).waitFor();
  await accessible(page, 'account');
  await shots(page, 'account');
  await page.getByRole('button', { name: /^End the session/ }).click();
  await page.getByText('The session is ended.').waitFor();
  assert.equal(await page.getByRole('button', { name: /^End/ }).count(), 0);
  await phone.page.goto(`${tenantry.app}/orgs/acme-foods/runs`);
  assert.ok(!phone.page.url().startsWith(`${tenantry.app}/orgs/`), phone.page.url());
  await phone.context.close();

  await page.getByRole('button', { name: 'Leave Acme Foods' }).click();
  await page.getByRole('dialog').waitFor();
  await accessible(page, 'account, asked whether to leave');
  await page.getByRole('dialog').getByRole('button', { name: 'Leave Acme Foods' }).click();
  await page.getByText('This is the last admin').waitFor();
  await accessible(page, 'account, refused');
});

test('nothing was complained about', () => assert.deepEqual(ada.complaints, []));
