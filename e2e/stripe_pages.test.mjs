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

// A customer with a card and a running plan; and the two configurations Tenantry has.
async function subscriber(price = team, card = 'pm_card_visa') {
  const customer = await newCustomer();
  const { id } = await stripe.paymentMethods.attach(card, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  return { customer, subscription };
}
const manage = () => stripe.billingPortal.configurations.create({
  business_profile: { headline: 'Tenantry billing' },
  features: {
    customer_update: { enabled: true, allowed_updates: ['name', 'email', 'address', 'tax_id'] },
    invoice_history: { enabled: true }, payment_method_update: { enabled: true },
    subscription_cancel: {
      enabled: true, mode: 'at_period_end',
      cancellation_reason: { enabled: true, options: ['too_expensive', 'unused', 'other'] },
    },
  },
});
const changePlan = () => stripe.billingPortal.configurations.create({
  features: {
    subscription_update: {
      enabled: true, default_allowed_updates: ['price'], proration_behavior: 'always_invoice',
      products: [{ product: team.product, prices: [team.id, teamYearly.id] }, { product: business.product, prices: [business.id] }],
      schedule_at_period_end: { conditions: [{ type: 'decreasing_item_amount' }, { type: 'shortening_interval' }] },
    },
  },
});
const portal = async (customer, configuration, flow_data = undefined) => stripe.billingPortal.sessions.create({
  customer: customer.id, configuration: configuration.id, return_url: `${app}/billing`, ...flow_data && { flow_data },
});
const confirmation = ({ id, items }, price) => ({
  type: 'subscription_update_confirm',
  subscription_update_confirm: { subscription: id, items: [{ id: items.data[0].id, price: price.id, quantity: 1 }] },
  after_completion: { type: 'redirect', redirect: { return_url: `${app}/changed` } },
});

test('portal: the first page, and what the configuration hides', async () => {
  const { customer } = await subscriber();
  await page.goto((await portal(customer, await manage())).url);
  await page.getByRole('heading', { name: 'Billing of Acme' }).waitFor();
  await says('Visa •••• 4242');
  await page.getByText('Next payment').waitFor();
  await page.getByRole('link', { name: /^Invoice .*-0001 of/ }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Update plan' }).count(), 0);
  await look('portal');
  await page.getByRole('link', { name: 'Return to the application' }).click();
  await page.waitForURL(`${app}/billing`);
  await page.goto((await portal(customer, await changePlan())).url);
  await page.getByRole('link', { name: 'Update plan' }).waitFor();
  for (const hidden of ['Cancel plan', 'Add payment method', 'Update information']) {
    assert.equal(await page.getByRole('link', { name: hidden }).count(), 0, hidden);
  }
  assert.equal(await page.getByRole('heading', { name: 'Invoice history' }).count(), 0);
});

test('portal: another card, after a declined one and a confirmed one', async () => {
  const { customer } = await subscriber();
  const session = await portal(customer, await manage());
  await page.goto(session.url);
  await page.getByRole('link', { name: 'Add payment method' }).click();
  await fillCard('4000000000000002');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await says('Your card was declined.');
  await look('portal-card-declined');
  await fillCard('4000002500003155');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('button', { name: 'Complete' }).click();
  await says('Your card has been saved and is the default.');
  const kept = await stripe.customers.retrieve(customer.id, { expand: ['invoice_settings.default_payment_method'] });
  assert.equal(kept.invoice_settings.default_payment_method.card.last4, '3155');
  await page.getByRole('button', { name: 'Make default: Visa •••• 4242' }).click();
  await says('The default card has been changed.');
  await page.getByRole('button', { name: 'Remove: Visa •••• 3155' }).click();
  await says('The card has been removed.');
  assert.equal((await stripe.customers.listPaymentMethods(customer.id)).data.length, 1);
});

test('portal: cancelled at the end of the period with a reason, and taken back', async () => {
  const { customer, subscription } = await subscriber();
  await page.goto((await portal(customer, await manage())).url);
  await page.getByRole('link', { name: 'Cancel plan' }).click();
  await page.getByLabel('It\'s too expensive').check();
  await page.getByLabel('Anything else?').fill('Perhaps later.');
  await look('portal-cancel');
  await page.getByRole('button', { name: 'Cancel plan' }).click();
  await says('Your plan has been cancelled.');
  const cancelled = await stripe.subscriptions.retrieve(subscription.id);
  assert.deepEqual([cancelled.cancel_at, cancelled.cancel_at_period_end, cancelled.status],
    [cancelled.items.data[0].current_period_end, false, 'active']);
  assert.deepEqual([cancelled.cancellation_details.feedback, cancelled.cancellation_details.comment], ['too_expensive', 'Perhaps later.']);
  await look('portal-cancelled');
  await page.getByRole('button', { name: 'Don\'t cancel plan' }).click();
  await says('Your plan goes on.');
  const renewed = await stripe.subscriptions.retrieve(subscription.id);
  assert.deepEqual([renewed.cancel_at, renewed.cancellation_details.feedback], [null, null]);
});

test('portal: an upgrade is confirmed with its prorations, and costs what was shown', async () => {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_768_478_400 });
  const customer = await newCustomer({
    test_clock: clock.id, payment_method: 'pm_card_visa', invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: team.id }] });
  const now = clock.frozen_time + 10 * DAY;
  await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: now });
  while ((await stripe.testHelpers.testClocks.retrieve(clock.id)).status !== 'ready');
  const preview = await stripe.invoices.createPreview({
    subscription: subscription.id,
    subscription_details: {
      items: [{ id: subscription.items.data[0].id, price: business.id }], proration_behavior: 'always_invoice', proration_date: now,
    },
  });
  const session = await portal(customer, await changePlan(), confirmation(subscription, business));
  await page.goto(session.url);
  await page.getByRole('heading', { name: 'Confirm your update' }).waitFor();
  await says(`€${(preview.amount_due / 100).toFixed(2)}`);
  await page.getByText('Unused time on Team').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Back to billing' }).count(), 0, 'a flow has one way');
  await look('portal-upgrade');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.waitForURL(`${app}/changed`);
  const changed = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
  assert.deepEqual([changed.items.data[0].price.id, changed.latest_invoice.status, changed.latest_invoice.amount_paid],
    [business.id, 'paid', preview.amount_due]);
  // What the session was for is done.
  await page.goto(session.url);
  await page.waitForURL(`${app}/changed`);
});

test('portal: an upgrade whose card is declined changes nothing', async () => {
  const { customer, subscription } = await subscriber();
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
  await page.goto((await portal(customer, await changePlan(), confirmation(subscription, business))).url);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await says('Your card was declined.');
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).items.data[0].price.id, team.id);
});

test('portal: a card that asks every time asks before an upgrade', async () => {
  const { customer, subscription } = await subscriber();
  const asking = await stripe.paymentMethods.attach('pm_card_authenticationRequired', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: asking.id } });
  await page.goto((await portal(customer, await changePlan(), confirmation(subscription, business))).url);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('button', { name: 'Complete' }).click();
  await page.waitForURL(`${app}/changed`);
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).items.data[0].price.id, business.id);
});

test('portal: a downgrade waits for the end of the period, and can be given up', async () => {
  const { customer, subscription } = await subscriber(business);
  const configuration = await changePlan();
  await page.goto((await portal(customer, configuration)).url);
  await page.getByRole('link', { name: 'Update plan' }).click();
  await look('portal-plans');
  await page.getByRole('link', { name: 'Choose Team, €29.00 per month' }).click();
  await says('Business stays as it is until then.');
  await look('portal-downgrade');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await says('Your plan will be changed at the end of the period.');
  const waiting = await stripe.subscriptions.retrieve(subscription.id, { expand: ['schedule'] });
  assert.deepEqual([waiting.items.data[0].price.id, waiting.schedule.phases[1].items[0].price], [business.id, team.id]);
  await page.getByText(/^€29\.00 on /).waitFor();
  await look('portal-scheduled');
  await page.getByRole('button', { name: 'Keep current plan' }).click();
  await says('Your plan stays as it is.');
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).schedule, null);
});

test('portal: the customer\'s data', async () => {
  const { customer } = await subscriber();
  await page.goto((await portal(customer, await manage(), { type: 'customer_update' })).url);
  await page.getByLabel('Name').fill('Acme GmbH');
  await page.getByLabel('Email').fill('nobody');
  await page.evaluate(() => { document.querySelector('form').noValidate = true; });
  await page.getByRole('button', { name: 'Save' }).click();
  await says('Your email is invalid.');
  await look('portal-customer');
  await page.getByLabel('Email').fill('finance@acme.example');
  await page.getByLabel('Address line 1').fill('Weg 1');
  await page.getByLabel('City').fill('Berlin');
  await page.getByLabel('Type of tax ID').selectOption('eu_vat');
  await page.getByLabel('Tax ID (optional)', { exact: true }).fill('DE123456789');
  await page.getByRole('button', { name: 'Save' }).click();
  // Such a flow ends on the first page unless it says otherwise.
  await says('Your billing information has been updated.');
  const kept = await stripe.customers.retrieve(customer.id, { expand: ['tax_ids'] });
  assert.deepEqual([kept.name, kept.email, kept.address.line1, kept.tax_ids.data[0].value],
    ['Acme GmbH', 'finance@acme.example', 'Weg 1', 'DE123456789']);
});

test('portal: a flow that ends with a page of its own', async () => {
  const { customer, subscription } = await subscriber();
  const session = await portal(customer, await manage(), {
    type: 'subscription_cancel', subscription_cancel: { subscription: subscription.id },
    after_completion: { type: 'hosted_confirmation', hosted_confirmation: { custom_message: 'Come back soon.' } },
  });
  await page.goto(session.url);
  await page.getByRole('button', { name: 'Cancel plan' }).click();
  await says('Come back soon.');
  await look('portal-done');
  await page.getByRole('link', { name: 'Return to the application' }).click();
  await page.waitForURL(`${app}/billing`);
});

test('an open invoice is paid on its page with another card, and can be taken home', async () => {
  const { customer, subscription } = await subscriber(team, 'pm_card_chargeCustomerFail');
  const { latest_invoice: open } = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice'] });
  assert.equal(open.status, 'open');
  await page.goto((await portal(customer, await manage())).url);
  await look('portal-incomplete');
  await page.getByRole('link', { name: 'Pay the invoice' }).click();
  await page.waitForURL(open.hosted_invoice_url.replace('127.0.0.1', 'localhost'));
  await fillCard('4000000000009995');
  await page.getByRole('button', { name: 'Pay €29.00' }).click();
  await says('Your card has insufficient funds.');
  await look('invoice-open');
  await fillCard('4242424242424242');
  await page.getByRole('button', { name: 'Pay €29.00' }).click();
  await page.getByText('Invoice paid on').waitFor();
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'active');
  await look('invoice-paid');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download invoice' }).click()]);
  assert.equal(download.suggestedFilename(), `Invoice-${open.number}.pdf`);
  await download.saveAs(`${shots}/invoice.pdf`);
  const file = await fetch(open.invoice_pdf).then((answer) => answer.text());
  assert.match(file, /^%PDF-1\.4\n[^]*%%EOF\n$/);
  // A void one says so, and takes nothing.
  const other = await subscriber(team, 'pm_card_chargeCustomerFail');
  const { latest_invoice: id } = await stripe.subscriptions.retrieve(other.subscription.id);
  const empty = await stripe.invoices.voidInvoice(id);
  await page.goto(empty.hosted_invoice_url);
  await says('This invoice is void: nothing is to be paid.');
  assert.equal(await page.getByRole('button', { name: /Pay/ }).count(), 0);
});

test('the control page: a trial ends, a charge fails, the card expires, the dashboard cancels', async () => {
  const customer = await newCustomer({ name: 'Control Ltd' });
  const { id } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: team.id }], trial_period_days: 14 });
  const now = () => stripe.subscriptions.retrieve(subscription.id);
  const press = async (name) => {
    await page.getByRole('button', { name, exact: true }).click();
    await page.getByRole('heading', { name: 'Control', exact: true }).waitFor();
  };
  await page.goto(`${sandbox.mailbox}/control`);
  await page.getByRole('row').filter({ hasText: customer.id }).getByText(/^Team: trialing, trial ends/).waitFor();
  await look('control');
  await press('To trial end of Control Ltd, Team');
  assert.equal((await now()).status, 'active');
  await press('An hour for Control Ltd');
  await press('Fail next charge of Control Ltd');
  await page.getByText('visa 4242, the next charge fails').waitFor();
  await press('To next renewal of Control Ltd, Team');
  await press('An hour for Control Ltd');
  assert.equal((await now()).status, 'past_due');
  for (let day = 0; day < 3; day += 1) await press('A day for Control Ltd');
  assert.equal((await now()).status, 'active', 'the retry went through');
  await press('Expire card of Control Ltd');
  await page.getByText('visa 4242, expired').waitFor();
  await press('Cancel at period end Control Ltd, Team');
  assert.equal((await now()).cancel_at_period_end, true);
  await press('Cancel now Control Ltd, Team');
  assert.equal((await now()).status, 'canceled');
});

test('nothing went wrong on the way', () => {
  assert.deepEqual(visitor.complaints, []);
  const known = new Set([`localhost:${sandbox.stripePort}`, new URL(app).host, new URL(sandbox.mailbox).host]);
  assert.deepEqual([...visitor.hosts].filter((host) => !known.has(host)), []);
});
