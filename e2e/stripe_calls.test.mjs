// The official npm `stripe`, unmodified, against the sandbox's Stripe: every call Tenantry makes, once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';
import { Sandbox } from './support/sandbox.mjs';

const DAY = 86_400;
const sandbox = new Sandbox();
let stripe;
// What the tests share: a plan in two intervals, a bigger one.
let team;
let teamMonthly;
let teamYearly;
let businessMonthly;

before(async () => {
  await sandbox.start();
  stripe = new Stripe(sandbox.stripeKey, {
    host: '127.0.0.1', port: sandbox.stripePort, protocol: 'http', telemetry: false, maxNetworkRetries: 0,
  });
  team = await stripe.products.create({
    id: 'prod_tenantry_team', name: 'Team', description: 'For teams', metadata: { plan_code: 'team' }, unit_label: 'seat',
    marketing_features: [{ name: 'Roles' }, { name: 'Audit log' }], tax_code: 'txcd_10103001',
  });
  const business = await stripe.products.create({ name: 'Business', metadata: { plan_code: 'business' } });
  const price = (product, amount, interval, key) => stripe.prices.create({
    product, currency: 'eur', unit_amount: amount, recurring: { interval }, lookup_key: key, tax_behavior: 'exclusive',
    nickname: key, metadata: { version: '1' }, currency_options: { usd: { unit_amount: amount + 100 } },
  });
  teamMonthly = await price(team.id, 2900, 'month', 'team_monthly');
  teamYearly = await price(team.id, 29000, 'year', 'team_yearly');
  businessMonthly = await price(business.id, 9900, 'month', 'business_monthly');
});
after(() => sandbox.remove());

const refused = (call, wanted) => assert.rejects(call, (error) => {
  for (const [name, value] of Object.entries(wanted)) assert.equal(error[name], value, `${name}: ${error.message}`);
  return true;
});

const newCustomer = (more = {}) => stripe.customers.create({
  name: 'Acme', email: 'billing@acme.example', metadata: { org_id: 'org_acme', env: 'test' }, ...more,
});
const paying = (more = {}) => newCustomer({
  payment_method: 'pm_card_visa', invoice_settings: { default_payment_method: 'pm_card_visa' }, ...more,
});
const clockAt = (moment) => stripe.testHelpers.testClocks.create({ frozen_time: moment, name: 'clock' });
const advance = async (clock, to) => {
  assert.equal((await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: to })).status, 'advancing');
  for (let tries = 0; tries < 200; tries += 1) {
    const now = await stripe.testHelpers.testClocks.retrieve(clock.id);
    if (now.status === 'ready') return assert.equal(now.frozen_time, to);
    await new Promise((resolve) => { setTimeout(resolve, 25); });
  }
  throw new Error('the clock does not arrive');
};

test('the account and its key', async () => {
  assert.equal((await stripe.accounts.retrieveCurrent()).object, 'account');
  const stranger = new Stripe('sk_test_somebody', { host: '127.0.0.1', port: sandbox.stripePort, protocol: 'http', maxNetworkRetries: 0 });
  await refused(stranger.accounts.retrieveCurrent(), { statusCode: 401, type: 'StripeAuthenticationError' });
  const basic = await fetch(`${sandbox.stripe}/v1/account`, { headers: { authorization: `Basic ${btoa(`${sandbox.stripeKey}:`)}` } });
  assert.equal(basic.status, 200);
  assert.match(basic.headers.get('request-id'), /^req_/);
});

test('products', async () => {
  assert.deepEqual(team.marketing_features, [{ name: 'Roles' }, { name: 'Audit log' }]);
  await refused(stripe.products.create({ id: team.id, name: 'Again' }), { statusCode: 400, code: 'resource_already_exists' });
  const changed = await stripe.products.update(team.id, { description: '', metadata: { extra: '1' } });
  assert.equal(changed.description, null);
  assert.deepEqual(changed.metadata, { plan_code: 'team', extra: '1' });
  await stripe.products.update(team.id, { metadata: { extra: '' }, default_price: teamMonthly.id });
  const retrieved = await stripe.products.retrieve(team.id, { expand: ['default_price'] });
  assert.equal(retrieved.default_price.id, teamMonthly.id);
  assert.deepEqual(retrieved.metadata, { plan_code: 'team' });
  assert.equal((await stripe.products.list({ active: true, limit: 1 })).data.length, 1);
  const plain = await stripe.products.create({ name: 'Plain' });
  assert.equal((await stripe.products.del(plain.id)).deleted, true);
  await refused(stripe.products.retrieve(plain.id), { statusCode: 404, code: 'resource_missing' });
});

test('prices, and a lookup key that moves', async () => {
  const found = await stripe.prices.list({ lookup_keys: ['team_monthly', 'team_yearly'], active: true, expand: ['data.product'] });
  assert.deepEqual(found.data.map((price) => price.id).sort(), [teamMonthly.id, teamYearly.id].sort());
  assert.equal(found.data[0].product.metadata.plan_code, 'team');
  const twin = { product: team.id, currency: 'eur', unit_amount: 3100, recurring: { interval: 'month' }, lookup_key: 'moving' };
  const old = await stripe.prices.create(twin);
  await refused(stripe.prices.create(twin), { statusCode: 400, param: 'lookup_key' });
  const successor = await stripe.prices.create({ ...twin, unit_amount: 3300, transfer_lookup_key: true });
  assert.equal(successor.lookup_key, 'moving');
  assert.equal((await stripe.prices.retrieve(old.id)).lookup_key, null);
  const retired = await stripe.prices.update(old.id, { active: false, metadata: { why: 'old' }, nickname: '' });
  assert.deepEqual([retired.active, retired.nickname, retired.metadata.why], [false, null, 'old']);
  const options = await stripe.prices.retrieve(teamMonthly.id, { expand: ['currency_options'] });
  assert.equal(options.currency_options.usd.unit_amount, 3000);
  assert.equal((await stripe.prices.list({ product: team.id, type: 'recurring', currency: 'eur' })).data.length, 4);
});

test('customers: made, found, changed, deleted', async () => {
  const customer = await newCustomer({
    preferred_locales: ['de', 'en'], tax_exempt: 'reverse', phone: '+4930', description: 'An organisation',
    address: { line1: 'Weg 1', city: 'Berlin', postal_code: '10115', country: 'DE' },
    tax_id_data: [{ type: 'eu_vat', value: 'DE123456789' }],
    invoice_settings: { custom_fields: [{ name: 'PO', value: '42' }], footer: 'Thanks' },
  });
  assert.deepEqual([customer.currency, customer.balance, customer.address.city], [null, 0, 'Berlin']);
  assert.deepEqual(customer.invoice_settings.custom_fields, [{ name: 'PO', value: '42' }]);
  const expanded = await stripe.customers.retrieve(customer.id, { expand: ['tax_ids', 'subscriptions'] });
  assert.equal(expanded.tax_ids.data[0].value, 'DE123456789');
  assert.deepEqual(expanded.subscriptions.data, []);
  const found = await stripe.customers.search({ query: "metadata['org_id']:'org_acme'", limit: 100 });
  assert.ok(found.data.some((other) => other.id === customer.id));
  assert.equal((await stripe.customers.search({ query: "metadata['org_id']:'org_nobody'" })).data.length, 0);
  const changed = await stripe.customers.update(customer.id, {
    name: 'Acme GmbH', email: 'new@acme.example', address: '', invoice_settings: { custom_fields: '' }, metadata: { env: '' },
  });
  assert.deepEqual([changed.name, changed.address, changed.invoice_settings.custom_fields], ['Acme GmbH', null, null]);
  assert.deepEqual(changed.metadata, { org_id: 'org_acme' });
  await refused(stripe.customers.update(customer.id, { email: 'nobody' }), { statusCode: 400, code: 'email_invalid' });
  assert.equal((await stripe.customers.list({ email: 'new@acme.example' })).data.length, 1);

  const taxId = await stripe.customers.createTaxId(customer.id, { type: 'gb_vat', value: 'GB000000000' });
  assert.equal((await stripe.customers.retrieveTaxId(customer.id, taxId.id)).verification.status, 'verified');
  assert.equal((await stripe.customers.listTaxIds(customer.id)).data.length, 2);
  assert.equal((await stripe.customers.deleteTaxId(customer.id, taxId.id)).deleted, true);

  const credit = await stripe.customers.createBalanceTransaction(customer.id, { amount: -500, currency: 'eur', description: 'Sorry' });
  assert.equal(credit.ending_balance, -500);
  assert.equal((await stripe.customers.listBalanceTransactions(customer.id)).data[0].id, credit.id);
  assert.equal((await stripe.customers.retrieve(customer.id)).balance, -500);

  assert.equal((await stripe.customers.del(customer.id)).deleted, true);
  assert.deepEqual({ ...(await stripe.customers.retrieve(customer.id)) }, { id: customer.id, object: 'customer', deleted: true });
  await refused(stripe.customers.update(customer.id, { name: 'Back' }), { statusCode: 404, code: 'resource_missing' });
});

test('payment methods', async () => {
  const customer = await newCustomer();
  const method = await stripe.paymentMethods.create({
    type: 'card', card: { number: '5555555555554444', exp_month: 12, exp_year: 2034, cvc: '123' }, billing_details: { name: 'Ada' },
  });
  const attached = await stripe.paymentMethods.attach(method.id, { customer: customer.id });
  assert.deepEqual([attached.customer, attached.card.brand, attached.card.last4], [customer.id, 'mastercard', '4444']);
  const visa = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  assert.notEqual(visa.id, 'pm_card_visa');
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: visa.id } });
  const list = await stripe.customers.listPaymentMethods(customer.id, { type: 'card' });
  assert.deepEqual(list.data.map((one) => one.id), [visa.id, method.id]);
  assert.equal((await stripe.paymentMethods.list({ customer: customer.id, type: 'card' })).data.length, 2);
  assert.equal((await stripe.paymentMethods.update(method.id, { billing_details: { name: 'Grace' } })).billing_details.name, 'Grace');
  assert.equal((await stripe.paymentMethods.detach(visa.id)).customer, null);
  assert.equal((await stripe.customers.retrieve(customer.id)).invoice_settings.default_payment_method, null);
  await refused(stripe.paymentMethods.attach('pm_card_visa_chargeDeclined', { customer: customer.id }), {
    statusCode: 402, type: 'StripeCardError', code: 'card_declined', decline_code: 'generic_decline',
  });
});

test('a subscription: made, changed, previewed to the cent, ended with its credit', async () => {
  const now = Math.floor(Date.now() / 1000);
  const clock = await clockAt(now);
  const customer = await paying({ test_clock: clock.id });
  const made = await stripe.subscriptions.create({
    customer: customer.id, items: [{ price: teamMonthly.id, quantity: 1 }], metadata: { org_id: 'org_acme' },
    payment_behavior: 'error_if_incomplete', off_session: true, collection_method: 'charge_automatically',
    expand: ['latest_invoice.payments', 'default_payment_method', 'items.data.price.product'],
  });
  assert.deepEqual([made.status, made.currency, made.latest_invoice.status], ['active', 'eur', 'paid']);
  assert.equal(made.latest_invoice.payments.data[0].status, 'paid');
  assert.equal(made.items.data[0].price.product.id, team.id);
  assert.equal(made.current_period_end, undefined, 'periods are on items only');
  const [item] = made.items.data;
  assert.deepEqual(made.latest_invoice.parent.subscription_details.subscription, made.id);
  const listed = await stripe.subscriptions.list({
    customer: customer.id, status: 'all', expand: ['data.default_payment_method', 'data.schedule'], limit: 20,
  });
  assert.deepEqual(listed.data.map((one) => one.id), [made.id]);
  assert.equal((await stripe.subscriptions.list({ limit: 100 })).data.some((one) => one.id === made.id), false, 'on a clock');

  const half = item.current_period_start + Math.floor((item.current_period_end - item.current_period_start) / 2);
  await advance(clock, half);
  const wanted = { items: [{ id: item.id, price: businessMonthly.id, quantity: 1 }], proration_behavior: 'always_invoice', proration_date: half };
  const preview = await stripe.invoices.createPreview({ customer: customer.id, subscription: made.id, subscription_details: wanted });
  assert.match(preview.id, /^upcoming_in_/);
  assert.ok(preview.lines.data.every((line) => line.parent.subscription_item_details.proration));
  const changed = await stripe.subscriptions.update(made.id, { ...wanted, expand: ['latest_invoice'] });
  assert.equal(changed.items.data[0].price.id, businessMonthly.id);
  assert.equal(changed.latest_invoice.total, preview.total);
  assert.equal(changed.latest_invoice.billing_reason, 'subscription_update');
  assert.deepEqual(
    changed.latest_invoice.lines.data.map((line) => line.amount), preview.lines.data.map((line) => line.amount),
  );
  const next = await stripe.invoices.createPreview({ customer: customer.id, subscription: made.id });
  assert.equal(next.total, 9900);

  const leaving = await stripe.subscriptions.update(made.id, { cancel_at_period_end: true, cancellation_details: { feedback: 'unused', comment: 'Bye' } });
  assert.deepEqual([leaving.cancel_at_period_end, leaving.cancel_at, leaving.canceled_at], [true, item.current_period_end, half]);
  await refused(stripe.invoices.createPreview({ customer: customer.id, subscription: made.id }), { statusCode: 404, code: 'invoice_upcoming_none' });
  assert.equal((await stripe.subscriptions.update(made.id, { cancel_at_period_end: false })).cancel_at, null);
  assert.equal((await stripe.subscriptions.update(made.id, { cancel_at: 'max_period_end' })).cancel_at, item.current_period_end);
  assert.equal((await stripe.subscriptions.update(made.id, { cancel_at: '' })).cancel_at, null);

  const ended = await stripe.subscriptions.cancel(made.id, { invoice_now: true, prorate: true, expand: ['latest_invoice'] });
  assert.deepEqual([ended.status, ended.ended_at, ended.cancellation_details.reason], ['canceled', half, 'cancellation_requested']);
  assert.deepEqual([ended.latest_invoice.status, ended.latest_invoice.amount_due], ['paid', 0]);
  assert.ok(ended.latest_invoice.total < 0);
  assert.equal((await stripe.customers.retrieve(customer.id)).balance, ended.latest_invoice.total, 'the credit is kept');
  await refused(stripe.subscriptions.cancel(made.id), { statusCode: 404, code: 'resource_missing' });
  assert.equal((await stripe.subscriptions.list({ customer: customer.id })).data.length, 0);
  assert.equal((await stripe.subscriptions.list({ customer: customer.id, status: 'ended' })).data.length, 1);
  assert.equal((await stripe.testHelpers.testClocks.del(clock.id)).deleted, true);
});

test('a trial that pauses without a card, and resumes', async () => {
  const now = Math.floor(Date.now() / 1000);
  const clock = await clockAt(now);
  const customer = await newCustomer({ test_clock: clock.id });
  const trial = await stripe.subscriptions.create({
    customer: customer.id, items: [{ price: teamMonthly.id }], trial_period_days: 14, billing_mode: { type: 'flexible' },
    trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
  });
  assert.deepEqual([trial.status, trial.trial_end], ['trialing', now + 14 * DAY]);
  await advance(clock, now + 15 * DAY);
  const paused = await stripe.subscriptions.retrieve(trial.id);
  assert.deepEqual([paused.status, paused.status_details.paused.subscription.type], ['paused', 'trial_end_without_payment_method']);
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: 'pm_card_visa' } });
  const resumed = await stripe.subscriptions.resume(trial.id, { billing_cycle_anchor: { type: 'now' } });
  assert.equal(resumed.status, 'active');
  const again = await stripe.subscriptions.update(trial.id, { pause_collection: { behavior: 'void' } });
  assert.equal(again.pause_collection.behavior, 'void');
  assert.equal((await stripe.subscriptions.update(trial.id, { pause_collection: '' })).pause_collection, null);
  assert.equal((await stripe.subscriptions.migrate(trial.id, { billing_mode: { type: 'flexible' } })).id, trial.id);
  assert.equal((await stripe.subscriptions.pause(trial.id, { type: 'subscription' })).status, 'paused');
});

test('subscription items, and schedules', async () => {
  const customer = await paying();
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: teamMonthly.id }] });
  const [item] = made.items.data;
  const more = await stripe.subscriptionItems.update(item.id, { quantity: 3, proration_behavior: 'none' });
  assert.equal(more.quantity, 3);
  const added = await stripe.subscriptionItems.create({ subscription: made.id, price: businessMonthly.id });
  assert.equal((await stripe.subscriptionItems.list({ subscription: made.id })).data.length, 2);
  assert.equal((await stripe.subscriptionItems.retrieve(added.id)).price.id, businessMonthly.id);
  assert.equal((await stripe.subscriptionItems.del(added.id)).deleted, true);

  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: made.id });
  assert.equal(schedule.status, 'active');
  const [phase] = schedule.phases;
  const changed = await stripe.subscriptionSchedules.update(schedule.id, {
    end_behavior: 'release',
    phases: [
      { items: [{ price: teamMonthly.id, quantity: 3 }], start_date: phase.start_date, end_date: phase.end_date },
      { items: [{ price: teamMonthly.id, quantity: 1 }], proration_behavior: 'none' },
    ],
  });
  assert.equal(changed.phases.length, 2);
  const shown = await stripe.subscriptions.retrieve(made.id, { expand: ['schedule'] });
  assert.equal(shown.schedule.phases[1].items[0].quantity, 1);
  assert.equal((await stripe.subscriptionSchedules.retrieve(schedule.id)).id, schedule.id);
  assert.equal((await stripe.subscriptionSchedules.list({ customer: customer.id })).data.length, 1);
  const released = await stripe.subscriptionSchedules.release(schedule.id);
  assert.deepEqual([released.status, released.released_subscription], ['released', made.id]);
  assert.equal((await stripe.subscriptions.retrieve(made.id)).schedule, null);
  const second = await stripe.subscriptionSchedules.create({ from_subscription: made.id });
  assert.equal((await stripe.subscriptionSchedules.cancel(second.id)).status, 'canceled');
});

test('invoices: sent, finalised, paid, voided, given up', async () => {
  const customer = await paying();
  const sent = await stripe.subscriptions.create({
    customer: customer.id, items: [{ price: teamMonthly.id }], collection_method: 'send_invoice', days_until_due: 30,
    expand: ['latest_invoice'],
  });
  const draft = sent.latest_invoice;
  assert.deepEqual([draft.status, draft.hosted_invoice_url, draft.number], ['draft', null, null]);
  const quiet = await stripe.invoices.update(draft.id, { auto_advance: false, metadata: { seen: '1' } });
  assert.equal(quiet.auto_advance, false);
  const open = await stripe.invoices.finalizeInvoice(draft.id, { auto_advance: false });
  assert.deepEqual([open.status, open.amount_remaining], ['open', 2900]);
  assert.match(open.number, /^[A-Z0-9]{8}-0001$/);
  assert.ok(open.hosted_invoice_url.startsWith('http') && open.invoice_pdf.startsWith(open.hosted_invoice_url));
  assert.equal((await stripe.invoices.sendInvoice(draft.id)).status, 'open');
  const paid = await stripe.invoices.pay(draft.id, { payment_method: customer.invoice_settings.default_payment_method });
  assert.deepEqual([paid.status, paid.amount_paid], ['paid', 2900]);
  const [payment] = (await stripe.invoicePayments.list({ invoice: draft.id })).data;
  assert.equal(payment.payment.type, 'payment_intent');
  assert.equal((await stripe.invoicePayments.retrieve(payment.id)).status, 'paid');
  assert.equal((await stripe.paymentIntents.retrieve(payment.payment.payment_intent)).status, 'succeeded');
  assert.equal((await stripe.invoices.listLineItems(draft.id)).data[0].pricing.price_details.price, teamMonthly.id);

  const manual = async () => {
    await stripe.invoiceItems.create({ customer: customer.id, amount: 700, currency: 'eur', description: 'Extra' });
    const invoice = await stripe.invoices.create({ customer: customer.id, auto_advance: false });
    return stripe.invoices.finalizeInvoice(invoice.id);
  };
  assert.equal((await stripe.invoices.voidInvoice((await manual()).id)).status, 'void');
  const lost = await stripe.invoices.markUncollectible((await manual()).id);
  assert.equal(lost.status, 'uncollectible');
  assert.equal((await stripe.invoices.pay(lost.id, { paid_out_of_band: true })).status, 'paid');
  const listed = await stripe.invoices.list({ customer: customer.id, limit: 24, expand: ['data.payments'] });
  assert.deepEqual(listed.data.map((invoice) => invoice.status), ['paid', 'void', 'paid']);
  assert.equal((await stripe.invoices.list({ customer: customer.id, status: 'open' })).data.length, 0);
  assert.equal((await stripe.invoices.list({ subscription: sent.id })).data.length, 1);
  const unwanted = await stripe.invoices.create({ customer: customer.id });
  assert.equal((await stripe.invoices.del(unwanted.id)).deleted, true);
});

test('Checkout', async () => {
  const customer = await newCustomer();
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription', customer: customer.id, client_reference_id: 'org_acme', line_items: [{ price: teamMonthly.id, quantity: 1 }],
    success_url: 'http://localhost:3000/back?session={CHECKOUT_SESSION_ID}', cancel_url: 'http://localhost:3000/plans',
    subscription_data: {
      metadata: { org_id: 'org_acme' }, trial_period_days: 14, trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
    },
    payment_method_collection: 'if_required', allow_promotion_codes: true, tax_id_collection: { enabled: true },
    automatic_tax: { enabled: true }, customer_update: { address: 'auto', name: 'auto' }, billing_address_collection: 'required',
    custom_fields: [{ key: 'po', label: { type: 'custom', custom: 'PO number' }, type: 'text', optional: true }],
    consent_collection: { terms_of_service: 'required' }, expires_at: Math.floor(Date.now() / 1000) + 1_900, locale: 'en',
    metadata: { attempt: '1' }, custom_text: { submit: { message: 'Welcome' } },
  });
  assert.match(session.id, /^cs_test_/);
  assert.deepEqual([session.status, session.subscription, session.amount_total], ['open', null, 0]);
  assert.ok(session.url.includes(session.id));
  assert.equal((await stripe.checkout.sessions.list({ customer: customer.id, status: 'open' })).data.length, 1);
  assert.equal((await stripe.checkout.sessions.listLineItems(session.id)).data[0].price.id, teamMonthly.id);
  const shown = await stripe.checkout.sessions.retrieve(session.id, { expand: ['line_items', 'subscription', 'customer'] });
  assert.equal(shown.customer.id, customer.id);
  assert.equal((await stripe.checkout.sessions.expire(session.id)).status, 'expired');
  await refused(stripe.checkout.sessions.expire(session.id), { statusCode: 400 });
  await refused(stripe.checkout.sessions.create({
    mode: 'subscription', customer: customer.id, customer_email: 'a@b.example', line_items: [{ price: teamMonthly.id, quantity: 1 }],
    success_url: 'http://localhost:3000/',
  }), { statusCode: 400 });
});

test('the portal: configurations and sessions', async () => {
  const manage = await stripe.billingPortal.configurations.create({
    name: 'manage', business_profile: { headline: 'Tenantry', privacy_policy_url: 'http://localhost:3000/privacy' },
    default_return_url: 'http://localhost:3000/', metadata: { tenantry_config: 'v1' }, login_page: { enabled: false },
    features: {
      customer_update: { enabled: true, allowed_updates: ['address', 'email', 'name', 'tax_id'] },
      invoice_history: { enabled: true }, payment_method_update: { enabled: true },
      subscription_cancel: {
        enabled: true, mode: 'at_period_end', proration_behavior: 'none',
        cancellation_reason: { enabled: true, options: ['too_expensive', 'unused', 'other'] },
      },
    },
  });
  assert.match(manage.id, /^bpc_/);
  assert.equal(manage.features.subscription_update.enabled, false);
  const change = await stripe.billingPortal.configurations.create({
    features: {
      subscription_update: {
        enabled: true, default_allowed_updates: ['price'], proration_behavior: 'always_invoice',
        products: [
          { product: team.id, prices: [teamMonthly.id, teamYearly.id], adjustable_quantity: { enabled: false } },
          { product: businessMonthly.product, prices: [businessMonthly.id] },
        ],
        schedule_at_period_end: { conditions: [{ type: 'decreasing_item_amount' }, { type: 'shortening_interval' }] },
        trial_update_behavior: 'continue_trial',
      },
    },
  });
  const asked = await stripe.billingPortal.configurations.retrieve(change.id, { expand: ['features.subscription_update.products'] });
  assert.equal(asked.features.subscription_update.products.length, 2);
  assert.equal((await stripe.billingPortal.configurations.retrieve(change.id)).features.subscription_update.products, undefined);
  assert.ok((await stripe.billingPortal.configurations.list({ active: true })).data.length >= 2);
  assert.equal((await stripe.billingPortal.configurations.update(manage.id, { active: false })).active, false);
  await stripe.billingPortal.configurations.update(manage.id, { active: true });

  const customer = await paying();
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: teamMonthly.id }] });
  const session = await stripe.billingPortal.sessions.create({ customer: customer.id, configuration: manage.id, return_url: 'http://localhost:3000/back', locale: 'en' });
  assert.match(session.id, /^bps_/);
  for (const flow_data of [
    { type: 'payment_method_update', after_completion: { type: 'redirect', redirect: { return_url: 'http://localhost:3000/done' } } },
    { type: 'subscription_cancel', subscription_cancel: { subscription: made.id } },
    { type: 'customer_update' },
  ]) {
    const flow = await stripe.billingPortal.sessions.create({ customer: customer.id, configuration: manage.id, flow_data });
    assert.equal(flow.flow.type, flow_data.type);
  }
  const confirm = await stripe.billingPortal.sessions.create({
    customer: customer.id, configuration: change.id,
    flow_data: {
      type: 'subscription_update_confirm',
      subscription_update_confirm: { subscription: made.id, items: [{ id: made.items.data[0].id, price: businessMonthly.id, quantity: 1 }] },
    },
  });
  assert.equal(confirm.flow.subscription_update_confirm.items[0].price, businessMonthly.id);
  await refused(stripe.billingPortal.sessions.create({
    customer: customer.id, configuration: manage.id, flow_data: { type: 'subscription_update', subscription_update: { subscription: made.id } },
  }), { statusCode: 400, param: 'flow_data[type]' });
});

test('events and endpoints', async () => {
  const endpoint = await stripe.webhookEndpoints.create({
    url: 'http://127.0.0.1:9/webhooks/stripe', enabled_events: ['customer.created', 'invoice.paid'], api_version: '2026-09-30.endive',
    description: 'Ours', metadata: { tenantry: '1' },
  });
  assert.match(endpoint.secret, /^whsec_/);
  assert.equal((await stripe.webhookEndpoints.retrieve(endpoint.id)).secret, undefined);
  assert.equal((await stripe.webhookEndpoints.list()).data.length, 1);
  const customer = await newCustomer();
  const [event] = (await stripe.events.list({ type: 'customer.created', limit: 1 })).data;
  assert.deepEqual([event.data.object.id, event.api_version, event.livemode], [customer.id, '2026-09-30.endive', false]);
  assert.match(event.request.id, /^req_/);
  assert.equal(event.pending_webhooks, 1);
  assert.equal((await stripe.events.retrieve(event.id)).id, event.id);
  const since = await stripe.events.list({ types: ['customer.created', 'customer.updated'], created: { gte: event.created }, delivery_success: false });
  assert.ok(since.data.some((one) => one.id === event.id));
  const off = await stripe.webhookEndpoints.update(endpoint.id, { disabled: true, enabled_events: ['*'], url: 'http://127.0.0.1:9/other' });
  assert.equal(off.status, 'disabled');
  assert.equal((await stripe.webhookEndpoints.del(endpoint.id)).deleted, true);
});

test('pages of a list', async () => {
  const clock = await clockAt(Math.floor(Date.now() / 1000));
  const made = [];
  for (let index = 0; index < 5; index += 1) made.push(await newCustomer({ test_clock: clock.id, name: `Page ${index}` }));
  const ids = made.map((one) => one.id).reverse();
  const first = await stripe.customers.list({ test_clock: clock.id, limit: 2 });
  assert.deepEqual([first.data.map((one) => one.id), first.has_more], [ids.slice(0, 2), true]);
  const next = await stripe.customers.list({ test_clock: clock.id, limit: 2, starting_after: ids[1] });
  assert.deepEqual(next.data.map((one) => one.id), ids.slice(2, 4));
  const back = await stripe.customers.list({ test_clock: clock.id, limit: 2, ending_before: ids[3] });
  assert.deepEqual([back.data.map((one) => one.id), back.has_more], [ids.slice(1, 3), true]);
  const all = [];
  for await (const one of stripe.customers.list({ test_clock: clock.id, limit: 2 })) all.push(one.id);
  assert.deepEqual(all, ids);
  await refused(stripe.customers.list({ limit: 101 }), { statusCode: 400, param: 'limit' });
  assert.ok((await stripe.testHelpers.testClocks.list()).data.length > 0);
});

test('idempotency keys', async () => {
  const key = { idempotencyKey: 'org:1:customer:v1' };
  const first = await stripe.customers.create({ name: 'Once' }, key);
  const second = await stripe.customers.create({ name: 'Once' }, key);
  assert.equal(second.id, first.id);
  assert.equal(second.lastResponse.headers['idempotent-replayed'], 'true');
  await refused(stripe.customers.create({ name: 'Other' }, key), { statusCode: 400, type: 'StripeIdempotencyError' });
  await sandbox.control('/faults', { kind: 'wait', wait_ms: 400, api: 'stripe', path: '/v1/customers', times: 1 });
  const both = await Promise.allSettled([1, 2].map(() => stripe.customers.create({ name: 'Twice' }, { idempotencyKey: 'k2' })));
  assert.deepEqual(both.map((one) => one.status).sort(), ['fulfilled', 'rejected']);
  assert.equal(both.find((one) => one.status === 'rejected').reason.statusCode, 409);
});

test('expansion has its limits', async () => {
  await refused(stripe.products.retrieve(team.id, { expand: ['nothing'] }), { statusCode: 400, param: 'expand' });
  await refused(stripe.products.list({ expand: ['data.a.b.c.d'] }), { statusCode: 400, param: 'expand' });
});

// One parameter nobody knows, at the top and deep down: every call that takes a form says so.
test('unknown parameters', async () => {
  const posts = [
    '/v1/products', '/v1/products/x', '/v1/prices', '/v1/prices/x', '/v1/customers', '/v1/customers/x', '/v1/customers/x/tax_ids',
    '/v1/customers/x/balance_transactions', '/v1/payment_methods', '/v1/payment_methods/x', '/v1/payment_methods/x/attach',
    '/v1/payment_methods/x/detach', '/v1/checkout/sessions', '/v1/checkout/sessions/x', '/v1/checkout/sessions/x/expire',
    '/v1/billing_portal/configurations', '/v1/billing_portal/configurations/x', '/v1/billing_portal/sessions', '/v1/subscriptions',
    '/v1/subscriptions/x', '/v1/subscriptions/x/resume', '/v1/subscriptions/x/pause', '/v1/subscriptions/x/migrate',
    '/v1/subscription_items', '/v1/subscription_items/x', '/v1/subscription_schedules', '/v1/subscription_schedules/x',
    '/v1/subscription_schedules/x/release', '/v1/subscription_schedules/x/cancel', '/v1/invoices', '/v1/invoices/create_preview',
    '/v1/invoices/x', '/v1/invoices/x/finalize', '/v1/invoices/x/pay', '/v1/invoices/x/void', '/v1/invoices/x/mark_uncollectible',
    '/v1/invoices/x/send', '/v1/invoiceitems', '/v1/webhook_endpoints', '/v1/webhook_endpoints/x', '/v1/test_helpers/test_clocks',
    '/v1/test_helpers/test_clocks/x/advance',
  ];
  const headers = { authorization: `Bearer ${sandbox.stripeKey}`, 'content-type': 'application/x-www-form-urlencoded' };
  for (const path of posts) {
    for (const param of ['nonsense', 'nonsense[0][deep]', 'metadata[a][b]']) {
      const body = new URLSearchParams({ [param]: '1' });
      const answer = await fetch(`${sandbox.stripe}${path}`, { method: 'POST', headers, body });
      const { error } = await answer.json();
      assert.deepEqual([answer.status, error.code, error.param], [400, 'parameter_unknown', param], `${path} ${error.message}`);
    }
    const query = await fetch(`${sandbox.stripe}${path}?limit=1`, { method: 'POST', headers });
    assert.equal(query.status, 400, `${path}: a form is no query`);
  }
  for (const [method, path] of [['GET', '/v1/customers'], ['GET', '/v1/customers/x'], ['DELETE', '/v1/subscriptions/x']]) {
    const answer = await fetch(`${sandbox.stripe}${path}?nonsense=1`, { method, headers: { authorization: headers.authorization } });
    assert.equal((await answer.json()).error.code, 'parameter_unknown', `${method} ${path}`);
  }
  await refused(stripe.checkout.sessions.create({ mode: 'subscription', payment_method_types: ['card'] }), {
    code: 'parameter_unknown', param: 'payment_method_types[0]',
  });
  await refused(stripe.subscriptions.update('sub_x', { billing_cycle_anchor: 'now' }), { statusCode: 400, param: 'billing_cycle_anchor' });
});
