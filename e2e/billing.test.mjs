// An organisation pays, in a real browser: from the plan page over Stripe's till and portal and back; and what the others see.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Stripe from 'stripe';
import { pictures } from './support/browser.mjs';
import { appears, signIn } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry();
const { person } = stage(tenantry);

const billing = (slug) => `${tenantry.app}/orgs/${slug}/settings/billing`;
const stripe = () => {
  const { hostname, port } = new URL(tenantry.env.STRIPE_API_BASE);
  return new Stripe(tenantry.env.STRIPE_SECRET_KEY, { host: hostname, port, protocol: 'http', telemetry: false });
};
const customerOf = async (name) => (await stripe().customers.list({ limit: 100 })).data.find((one) => one.name === name);
const heading = (page, name, level = 2) => page.getByRole('heading', { level, name }).waitFor();

// What a page shows once what happened at Stripe has come here.
async function comes(page, url, text) {
  for (let tries = 0; ; tries += 1) {
    await page.goto(url);
    if (await page.getByText(text).count() > 0) return;
    assert.ok(tries < 60, `${text} does not show: ${await page.locator('main').innerText()}`);
    await page.waitForTimeout(250);
  }
}

let leila;

test('free: what is in use, what the plans cost, and a till that begins a trial without a card', async () => {
  leila = (await person()).page;
  await signIn(leila, tenantry, 'leila+clerk_test@northlight-studio.example');
  await leila.goto(billing('northlight'));
  await heading(leila, 'Free plan');
  await appears(leila, leila.getByText('2 of 3, 0 of them pending'));
  await pictures(leila, 'billing-free');
  await leila.getByRole('button', { name: 'Choose Team' }).click();
  await leila.waitForURL(`${tenantry.env.STRIPE_API_BASE}/**`);
  await heading(leila, 'Try Team', 1);
  await leila.getByLabel('Email').fill('accounts@northlight-studio.example');
  await leila.getByRole('button', { name: 'Start trial' }).click();
  await leila.waitForURL(`${billing('northlight')}**`);
  // In force at once: whoever comes back from the till need not wait for an event.
  await heading(leila, /^Team plan/);
  await appears(leila, leila.getByText('The subscription has begun.', { exact: false }));
  await appears(leila, leila.getByText(/Trial, 1[34] days left/));
  await pictures(leila, 'billing-trial');
});

test('a second purchase is not possible: the plan page leads to a change', async () => {
  await leila.goto(billing('northlight'));
  await leila.getByRole('button', { name: 'Change to Business' }).click();
  await leila.waitForURL('**/settings/billing/change?price=tenantry_business_monthly');
  await heading(leila, 'Team to Business');
  await appears(leila, leila.getByText('Nothing is charged now.'));
  const customer = await customerOf('Northlight Studio');
  assert.equal((await stripe().subscriptions.list({ customer: customer.id, status: 'all' })).data.length, 1);
  assert.equal((await stripe().checkout.sessions.list({ customer: customer.id, status: 'open' })).data.length, 0);
});

let ben;

test('an upgrade costs what the page says; a smaller plan waits, and can be taken back', async () => {
  ben = (await person()).page;
  await signIn(ben, tenantry, 'ben+clerk_test@acme-provisions.example');
  await ben.goto(billing('acme'));
  await heading(ben, /^Business plan/);
  await pictures(ben, 'billing-active');
  await ben.getByText('Yearly', { exact: true }).click();
  await ben.getByRole('button', { name: 'Pay by the year' }).click();
  await heading(ben, 'Business, paid by the year');
  const today = (await ben.locator('dd').first().innerText()).match(/\$([\d,.]+)/)[1].replace(',', '');
  await pictures(ben, 'billing-change');
  await ben.getByRole('button', { name: 'Confirm at Stripe' }).click();
  await heading(ben, 'Confirm your update', 1);
  await ben.getByRole('button', { name: 'Confirm' }).click();
  await ben.waitForURL(`${billing('acme')}**`);
  await appears(ben, ben.getByText('$990 a year').first());
  const customer = await customerOf('Acme Provisions');
  const [invoice] = (await stripe().invoices.list({ customer: customer.id, limit: 1 })).data;
  // A second or two went by between the two pages.
  assert.ok(Math.abs(invoice.amount_paid / 100 - Number(today)) < 0.02, `${invoice.amount_paid} and ${today}`);
  // A smaller plan begins when the paid year ends.
  await ben.getByText('Monthly', { exact: true }).click();
  await ben.getByRole('button', { name: 'Change to Team' }).click();
  await heading(ben, 'Business to Team');
  await appears(ben, ben.getByText('Nothing is charged now.'));
  await ben.getByRole('button', { name: 'Confirm at Stripe' }).click();
  await ben.getByRole('button', { name: 'Confirm' }).click();
  await ben.waitForURL(`${billing('acme')}**`);
  await comes(ben, billing('acme'), /^To Team/);
  await ben.getByRole('button', { name: 'Keep the Business plan' }).click();
  await appears(ben, ben.getByText('The subscription goes on as it is.'));
  assert.equal(await ben.getByText(/^To Team/).count(), 0);
});

test('cancelling is done at Stripe, shows here, and is taken back here', async () => {
  await ben.goto(billing('acme'));
  await ben.getByRole('button', { name: 'Cancel subscription' }).click();
  await ben.getByRole('button', { name: 'Cancel plan' }).click();
  await ben.waitForURL(`${billing('acme')}**`);
  await comes(ben, billing('acme'), /Ends on/);
  await ben.getByRole('button', { name: 'Keep the Business plan' }).click();
  await appears(ben, ben.getByText('The subscription goes on as it is.'));
  assert.equal(await ben.getByText(/Ends on/).count(), 0);
});

test('a member sees plan, status and use, no money, and who can change it', async () => {
  const { page } = await person();
  await signIn(page, tenantry, 'max+clerk_test@acme-provisions.example');
  await page.goto(billing('acme'));
  await heading(page, /^Business plan/);
  await appears(page, page.getByText('You can look, not change'));
  await appears(page, page.getByText('Ben Adler'));
  const text = await page.locator('main').innerText();
  assert.ok(!text.includes('$') && !text.includes('4242'), text);
  assert.equal(await page.locator('main').getByRole('button').count(), 0);
  await pictures(page, 'billing-member');
});

test('a payment that fails is told on every page, and paid again everything is back', async () => {
  const customer = await customerOf('Bolt Cycles');
  const bad = await stripe().paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  await stripe().customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
  const [subscription] = (await stripe().subscriptions.list({ customer: customer.id })).data;
  await stripe().subscriptions.update(subscription.id, { default_payment_method: bad.id });
  const price = (await stripe().prices.list({ lookup_keys: ['tenantry_team_yearly'] })).data[0];
  await stripe().subscriptions.update(subscription.id, {
    items: [{ id: subscription.items.data[0].id, price: price.id }], proration_behavior: 'always_invoice',
  });
  const { page } = await person();
  await signIn(page, tenantry, 'olga+clerk_test@bolt-cycles.example');
  await comes(page, `${tenantry.app}/orgs/bolt/runs`, 'A payment has failed.');
  await pictures(page, 'past-due-banner');
  await page.getByRole('link', { name: 'Settle it' }).click();
  await heading(page, /^Team plan/);
  await pictures(page, 'billing-past-due');
  await page.getByRole('link', { name: 'Pay now' }).click();
  await page.waitForURL(`${tenantry.env.STRIPE_API_BASE}/**`);
  const good = await stripe().paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe().customers.update(customer.id, { invoice_settings: { default_payment_method: good.id } });
  const [open] = (await stripe().invoices.list({ customer: customer.id, status: 'open' })).data;
  await stripe().invoices.pay(open.id, { payment_method: good.id });
  await comes(page, billing('bolt'), 'Active');
  assert.equal(await page.getByText('A payment has failed').count(), 0);
});
