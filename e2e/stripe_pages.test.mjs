// The hosted pages of the sandbox's Stripe, used in a browser: Checkout, the portal, invoices.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';
import { accessible, launch, output, person } from './support/browser.mjs';
import { Sandbox } from './support/sandbox.mjs';

const DAY = 86_400;
const shots = process.env.SHOTS ?? `${output}stripe_pages`;
const sandbox = new Sandbox();
let stripe;
let browser;
let visitor;
let page;
// The application: a page that people are sent back to, and an endpoint that takes events.
let application;
let app;
const events = [];
let team;
let teamYearly;
let business;

before(async () => {
  mkdirSync(shots, { recursive: true });
  application = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
      if (request.method === 'POST') events.push(JSON.parse(body));
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><html lang="en"><title>Application</title><h1>The application</h1>');
    });
  });
  await new Promise((resolve) => { application.listen(0, '127.0.0.1', resolve); });
  app = `http://localhost:${application.address().port}`;
  await sandbox.start();
  stripe = new Stripe(sandbox.stripeKey, {
    host: '127.0.0.1', port: sandbox.stripePort, protocol: 'http', telemetry: false, maxNetworkRetries: 0,
  });
  const product = (name, code, description) => stripe.products.create({ name, description, metadata: { plan_code: code } });
  const price = (of, amount, interval) => stripe.prices.create({
    product: of.id, currency: 'eur', unit_amount: amount, recurring: { interval },
  });
  const teams = await product('Team', 'team', 'For up to 15 people');
  team = await price(teams, 2900, 'month');
  teamYearly = await price(teams, 29_000, 'year');
  business = await price(await product('Business', 'business', 'For up to 50 people'), 9900, 'month');
  await stripe.webhookEndpoints.create({ url: `${app}/webhooks`, enabled_events: ['*'] });
  browser = await launch();
  visitor = await person(browser);
  page = visitor.page;
});
after(async () => {
  await browser?.close();
  await sandbox.remove();
  application?.close();
});

// Both themes, wide and narrow; and nothing for axe to complain about.
async function look(name) {
  for (const [width, height] of [[1280, 800], [390, 844]]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await accessible(page, name);
}

const newCustomer = (more = {}) => stripe.customers.create({ name: 'Acme', email: 'billing@acme.example', ...more });
const checkout = async (more = {}, customer = undefined) => stripe.checkout.sessions.create({
  mode: 'subscription', customer: customer ?? (await newCustomer()).id, line_items: [{ price: team.id, quantity: 1 }],
  success_url: `${app}/success?session={CHECKOUT_SESSION_ID}`, cancel_url: `${app}/cancelled`, ...more,
});
async function fillCard(number, { expiry = '12 / 34', cvc = '123', name = 'Mary Ward' } = {}) {
  await page.getByLabel('Card number').fill(number);
  await page.getByLabel('Expiry').fill(expiry);
  await page.getByLabel('CVC').fill(cvc);
  await page.getByLabel('Name on card').fill(name);
}
const arrives = (session) => page.waitForURL(`${app}/success?session=${session.id}`);
const says = (text) => page.getByText(text, { exact: true }).waitFor();

test('Checkout: bought, and the application has heard of it before the buyer is back', async () => {
  const session = await checkout();
  await page.goto(session.url);
  await page.getByRole('heading', { name: 'Subscribe to Team' }).waitFor();
  await says('Total due today');
  assert.equal(await page.getByText('€29.00').count(), 3);
  await page.getByText('Sandbox: no real money.').waitFor();
  assert.equal(await page.getByLabel('Promotion code').count(), 0);
  await look('checkout');
  await fillCard('4242 4242 4242 4242');
  await page.getByRole('button', { name: 'Subscribe' }).click();
  await arrives(session);
  const types = events.map((event) => event.type);
  assert.ok(types.includes('checkout.session.completed'), types.join());
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] });
  assert.deepEqual([done.status, done.payment_status, done.subscription.status], ['complete', 'paid', 'active']);
});

test('Checkout: what is wrong with a card is said at its field', async () => {
  const session = await checkout();
  await page.goto(session.url);
  await fillCard('4242 4242', { expiry: '01 / 20', cvc: '1' });
  await page.getByRole('button', { name: 'Subscribe' }).click();
  await says('Your card number is incomplete.');
  await says('Your card\'s expiration date is in the past.');
  await says('Your card\'s security code is incomplete.');
  assert.equal(await page.getByLabel('Card number').getAttribute('aria-invalid'), 'true');
  assert.equal(await page.getByLabel('Name on card').inputValue(), 'Mary Ward', 'what was right is kept');
  await look('checkout-errors');
});

test('Checkout: declined, and then bought with another card', async () => {
  const session = await checkout();
  await page.goto(session.url);
  for (const [number, text] of [
    ['4000000000000002', 'Your card was declined.'], ['4000000000009995', 'Your card has insufficient funds.'],
    ['4000000000000069', 'Your card has expired.'], ['4000000000000127', 'Your card\'s security code is incorrect.'],
    ['4000000000000341', 'Your card was declined.'],
  ]) {
    await fillCard(number);
    await page.getByRole('button', { name: 'Subscribe' }).click();
    await says(text);
  }
  await look('checkout-declined');
  assert.equal((await stripe.subscriptions.list({ customer: session.customer, status: 'all' })).data.length, 0);
  await fillCard('5555555555554444');
  await page.getByRole('button', { name: 'Subscribe' }).click();
  await arrives(session);
});

test('Checkout: the bank asks; failed, then confirmed', async () => {
  const session = await checkout();
  await page.goto(session.url);
  for (const answer of ['Fail', 'Complete']) {
    await fillCard('4000002500003155');
    await page.getByRole('button', { name: 'Subscribe' }).click();
    await page.getByRole('heading', { name: '3D Secure 2 test page' }).waitFor();
    if (answer === 'Fail') await look('challenge');
    await page.getByRole('button', { name: answer }).click();
    if (answer === 'Fail') {
      await says('We are unable to authenticate your payment method. Please choose a different payment method and try again.');
    }
  }
  await arrives(session);
});

test('Checkout: a trial without a card, and everything the page can ask', async () => {
  const customer = await newCustomer({ email: '' });
  const session = await checkout({
    payment_method_collection: 'if_required', billing_address_collection: 'required', allow_promotion_codes: true,
    subscription_data: { trial_period_days: 14, trial_settings: { end_behavior: { missing_payment_method: 'cancel' } } },
    custom_fields: [{ key: 'po', label: { type: 'custom', custom: 'Purchase order' }, type: 'text', optional: true }],
    tax_id_collection: { enabled: true }, customer_update: { name: 'auto', address: 'auto' },
    consent_collection: { terms_of_service: 'required' }, custom_text: { submit: { message: 'You can cancel at any time.' } },
  }, customer.id);
  await page.goto(session.url);
  await page.getByRole('heading', { name: 'Try Team' }).waitFor();
  await says('14 days free');
  await look('checkout-trial');
  await page.getByLabel('Email').fill('billing@acme.example');
  await page.getByLabel('Purchase order').fill('PO-42');
  await page.getByLabel('Address line 1').fill('Weg 1');
  await page.getByLabel('Postal code').fill('10115');
  await page.getByLabel('City').fill('Berlin');
  await page.getByLabel('Business name').fill('Acme GmbH');
  await page.getByLabel('Type of tax ID').selectOption('eu_vat');
  await page.getByLabel('Tax ID (optional)', { exact: true }).fill('DE123456789');
  await page.getByLabel('Promotion code').fill('FREE');
  await page.getByLabel('I agree').check();
  await page.getByRole('button', { name: 'Start trial' }).click();
  await says('This code is invalid.');
  await page.getByLabel('Promotion code').fill('');
  await page.getByRole('button', { name: 'Start trial' }).click();
  await arrives(session);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] });
  assert.deepEqual([done.payment_status, done.subscription.status, done.custom_fields[0].text.value],
    ['no_payment_required', 'trialing', 'PO-42']);
  const kept = await stripe.customers.retrieve(customer.id, { expand: ['tax_ids'] });
  assert.deepEqual([kept.name, kept.email, kept.address.city, kept.tax_ids.data[0].value],
    ['Acme GmbH', 'billing@acme.example', 'Berlin', 'DE123456789']);
});

test('Checkout: an expired session, and the way back', async () => {
  const session = await checkout();
  await stripe.checkout.sessions.expire(session.id);
  await page.goto(session.url);
  await page.getByRole('heading', { name: 'This page has expired' }).waitFor();
  await look('checkout-expired');
  await page.getByRole('link', { name: 'Go back' }).click();
  await page.waitForURL(`${app}/cancelled`);
  const open = await checkout();
  await page.goto(open.url);
  await page.getByRole('link', { name: 'Back' }).click();
  await page.waitForURL(`${app}/cancelled`);
});

test('Checkout: completed twice at once, bought once', async () => {
  const session = await checkout();
  await page.goto(session.url);
  const second = await visitor.context.newPage();
  await second.goto(session.url);
  for (const tab of [page, second]) {
    await tab.getByLabel('Card number').fill('4242424242424242');
    await tab.getByLabel('Expiry').fill('12/34');
    await tab.getByLabel('CVC').fill('123');
    await tab.getByLabel('Name on card').fill('Mary Ward');
  }
  await Promise.all([page, second].map(async (tab) => {
    await tab.getByRole('button', { name: 'Subscribe' }).click();
    await tab.waitForURL(`${app}/success?session=${session.id}`);
  }));
  await second.close();
  assert.equal((await stripe.subscriptions.list({ customer: session.customer, status: 'all' })).data.length, 1);
  await page.goto(session.url);
  await page.getByRole('heading', { name: 'You\'re all done here' }).waitFor();
  await look('checkout-completed');
});

test('nothing went wrong on the way', () => {
  assert.deepEqual(visitor.complaints, []);
  const known = new Set([`localhost:${sandbox.stripePort}`, new URL(app).host]);
  assert.deepEqual([...visitor.hosts].filter((host) => !known.has(host)), []);
});
