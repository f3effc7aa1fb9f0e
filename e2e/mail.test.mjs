// Mails of our own: a payment that fails is told, once, in a mail that people can read; and somebody deletes their account.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Stripe from 'stripe';
import { accessible, output, pictures } from './support/browser.mjs';
import { appears, signIn } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry();
const { person } = stage(tenantry);
const OLGA = 'olga+clerk_test@bolt-cycles.example';

const stripe = () => {
  const { hostname, port } = new URL(tenantry.env.STRIPE_API_BASE);
  return new Stripe(tenantry.env.STRIPE_SECRET_KEY, { host: hostname, port, protocol: 'http', telemetry: false });
};

async function control(path, body = {}) {
  const answer = await fetch(`${tenantry.mailbox}/control${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
}

// What the application has sent, once there is so much of it.
async function mails(count) {
  for (let tries = 0; ; tries += 1) {
    const { mails: all } = await fetch(`${tenantry.mailbox}/mails.json`).then((answer) => answer.json());
    const ours = all.filter((mail) => mail.message_id);
    if (ours.length >= count) return ours;
    assert.ok(tries < 120, `${ours.length} mails instead of ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

test('a failed payment is told by mail, also where the mail server was away, and each attempt once', async () => {
  await control('/smtp', { kind: 'drop', times: 1 });
  await control('/smtp', { kind: 'answer', status: 451, times: 1 });
  const all = (await stripe().customers.list({ limit: 100 })).data;
  const customer = all.find((one) => one.name === 'Bolt Cycles');
  const bad = await stripe().paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  await stripe().customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
  const [subscription] = (await stripe().subscriptions.list({ customer: customer.id })).data;
  await stripe().subscriptions.update(subscription.id, { default_payment_method: bad.id });
  const price = (await stripe().prices.list({ lookup_keys: ['tenantry_team_yearly'] })).data[0];
  await stripe().subscriptions.update(subscription.id, {
    items: [{ id: subscription.items.data[0].id, price: price.id }], proration_behavior: 'always_invoice',
  });
  const told = await mails(1);
  // Whatever events come after it say nothing new.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const settled = await mails(1);
  assert.equal(new Set(settled.map((mail) => mail.to)).size, settled.length, 'nobody is told twice');
  assert.ok(settled.some((mail) => mail.to === OLGA), JSON.stringify(settled.map((mail) => mail.to)));
  assert.match(told[0].subject, /^A payment of \$[\d.,]+ for Bolt Cycles failed$/);
  assert.ok(told[0].body.includes(`${tenantry.app}/orgs/bolt/settings/billing`), told[0].body);
  assert.ok(told[0].headers.some(([name, value]) => name === 'Auto-Submitted' && value === 'auto-generated'));
});

test('a mail is read in both themes, in the mailbox and by itself', async () => {
  const [mail] = await mails(1);
  const { page, context, complaints } = await person();
  await page.goto(`${tenantry.mailbox}/`);
  await page.getByRole('link', { name: `Open the mail to ${mail.to}` }).first().click();
  await appears(page, page.getByRole('heading', { level: 1, name: mail.subject }));
  const frame = page.frameLocator('iframe');
  await frame.getByRole('link', { name: 'Open billing' }).waitFor();
  await pictures(page, 'mailbox-letter');
  assert.deepEqual(complaints, []);
  await page.goto(`${tenantry.mailbox}/mails/${mail.id}/html`);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      await page.screenshot({ path: `${output}mail-${colorScheme}-${width}.png`, fullPage: true });
    }
  }
  await context.close();
  // The page itself lets no script in, the examiner's neither: it is examined outside of its frame.
  const html = await person();
  await html.page.setContent(mail.html);
  await accessible(html.page, 'the mail itself');
  await html.context.close();
});

test('the last admin is told what to do first', async () => {
  const { page, context, complaints } = await person();
  await signIn(page, tenantry, OLGA);
  await page.goto(`${tenantry.app}/account`);
  await page.getByRole('link', { name: 'Delete my account' }).click();
  await appears(page, page.getByText('You are the last admin of'));
  await pictures(page, 'account-delete-last-admin');
  await page.getByRole('link', { name: /^Members of Bolt/ }).click();
  await page.waitForURL('**/orgs/bolt/settings/members');
  assert.deepEqual(complaints, []);
  await context.close();
});

test('whoever deletes their account is gone everywhere, and stays as a former member', async () => {
  const { page, context, complaints } = await person();
  await signIn(page, tenantry, 'max+clerk_test@acme-provisions.example');
  await page.goto(`${tenantry.app}/account`);
  await page.getByRole('link', { name: 'Delete my account' }).click();
  await appears(page, page.getByText('This cannot be undone.', { exact: false }));
  await pictures(page, 'account-delete');
  await page.getByLabel(/^Type .* to confirm$/).fill('somebody@else.example');
  await page.getByRole('button', { name: 'Delete my account' }).click();
  await appears(page, page.getByText('This is not your address.'));
  await accessible(page, 'a wrong address');
  await page.getByLabel(/^Type .* to confirm$/).fill('max+clerk_test@acme-provisions.example');
  await page.getByRole('button', { name: 'Delete my account' }).click();
  await appears(page, page.getByText('Your account is deleted, and you are signed out.'));
  await appears(page, page.getByRole('link', { name: 'Sign in' }));
  assert.deepEqual(complaints.filter((complaint) => !/40[14]|422/.test(complaint)), []);
  await context.close();

  const ada = await person();
  await signIn(ada.page, tenantry, 'ada+clerk_test@acme-provisions.example');
  for (let tries = 0; ; tries += 1) {
    await ada.page.goto(`${tenantry.app}/orgs/acme/settings/audit-log`);
    if (await ada.page.getByText('Forgot somebody whose account was deleted').count() > 0) break;
    assert.ok(tries < 120, 'nobody is forgotten');
    await ada.page.waitForTimeout(250);
  }
  const log = await ada.page.locator('main').innerText();
  assert.ok(log.includes('Former member') && !log.includes('Max Oyelaran'), log);
  await ada.page.goto(`${tenantry.app}/orgs/acme/settings/members`);
  assert.equal(await ada.page.getByText('max+clerk_test', { exact: false }).count(), 0);
  await ada.context.close();
});
