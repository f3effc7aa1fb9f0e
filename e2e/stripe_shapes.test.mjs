// Every object the sandbox's Stripe shows, in its answers and in its events, against the official type declarations.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Stripe from 'stripe';
import { Sandbox } from './support/sandbox.mjs';
import { complaints } from './support/stripe_types.mjs';

const DAY = 86_400;
const sandbox = new Sandbox('--stripe-webhook-url', 'http://127.0.0.1:9/', '--stripe-webhook-secrets', 'whsec_e2e');
let stripe;
before(async () => {
  await sandbox.start();
  stripe = new Stripe(sandbox.stripeKey, {
    host: '127.0.0.1', port: sandbox.stripePort, protocol: 'http', telemetry: false, maxNetworkRetries: 0,
  });
});
after(() => sandbox.remove());

// The client adds `lastResponse` and turns decimals into objects: the wire has neither.
const wire = async (path) => {
  const answer = await fetch(`${sandbox.stripe}${path}`, { headers: { authorization: `Bearer ${sandbox.stripeKey}` } });
  assert.equal(answer.status, 200, path);
  return answer.json();
};
const fits = (object) => assert.deepEqual(complaints(object), []);

test('the comparison notices what is wrong', async () => {
  const product = await wire(`/v1/products/${(await stripe.products.create({ name: 'Shape' })).id}`);
  fits(product);
  const { active, ...without } = product;
  assert.deepEqual(complaints(without), ['product.active is missing']);
  assert.deepEqual(complaints({ ...product, colour: 'red' }), ['product.colour is not in the types']);
  assert.match(complaints({ ...product, type: 'thing' })[0], /product.type is "thing"/);
  assert.match(complaints({ ...product, created: null })[0], /product.created is null/);
  assert.match(complaints({ ...product, marketing_features: [{ nmae: 'x' }] })[0], /nmae is not in the types/);
});

test('a year in the life of an organisation', async () => {
  const team = await stripe.products.create({ name: 'Team', marketing_features: [{ name: 'Roles' }] });
  const price = (amount, interval) => stripe.prices.create({ product: team.id, currency: 'eur', unit_amount: amount, recurring: { interval } });
  const [monthly, dearer] = [await price(2900, 'month'), await price(9900, 'month')];
  const start = Math.floor(Date.now() / 1000);
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start });
  const customer = await stripe.customers.create({
    name: 'Acme', email: 'a@acme.example', test_clock: clock.id, address: { city: 'Berlin', country: 'DE' },
    tax_id_data: [{ type: 'eu_vat', value: 'DE123456789' }], invoice_settings: { custom_fields: [{ name: 'PO', value: '1' }] },
  });
  const checkout = await stripe.checkout.sessions.create({
    mode: 'subscription', customer: customer.id, line_items: [{ price: monthly.id, quantity: 1 }], success_url: 'http://localhost:3000/',
    subscription_data: { trial_period_days: 14 }, custom_fields: [{ key: 'po', label: { type: 'custom', custom: 'PO' }, type: 'text' }],
    consent_collection: { terms_of_service: 'required' }, custom_text: { submit: { message: 'Hello' } },
    automatic_tax: { enabled: true }, customer_update: { address: 'auto', name: 'auto' }, tax_id_collection: { enabled: true },
  });
  fits(await wire(`/v1/checkout/sessions/${checkout.id}?expand[]=line_items&expand[]=customer`));
  await sandbox.control(`/stripe/checkout/${checkout.id}/complete`, { card: '4242424242424242', po: '7', accepts_terms: true });
  const done = await wire(`/v1/checkout/sessions/${checkout.id}?expand[]=subscription&expand[]=invoice`);
  fits(done);
  const { id } = done.subscription;
  const advance = async (to) => {
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: to });
    while ((await wire(`/v1/test_helpers/test_clocks/${clock.id}`)).status !== 'ready') {
      await new Promise((resolve) => { setTimeout(resolve, 25); });
    }
  };
  await advance(start + 30 * DAY);
  const [item] = (await stripe.subscriptions.retrieve(id)).items.data;
  fits(await stripe.invoices.createPreview({
    subscription: id, subscription_details: { items: [{ id: item.id, price: dearer.id }] },
  }).then((preview) => JSON.parse(JSON.stringify({ ...preview, lastResponse: undefined }))));
  await stripe.subscriptions.update(id, { items: [{ id: item.id, price: dearer.id }], proration_behavior: 'always_invoice' });
  await stripe.subscriptions.update(id, { cancel_at_period_end: true, cancellation_details: { feedback: 'unused' } });
  fits(await wire(`/v1/subscriptions/${id}?expand[]=latest_invoice.payments&expand[]=default_payment_method`));
  await stripe.subscriptions.update(id, { cancel_at_period_end: false, pause_collection: { behavior: 'void' } });
  fits(await wire(`/v1/subscriptions/${id}`));
  await stripe.subscriptions.update(id, { pause_collection: '' });
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: id });
  fits(await wire(`/v1/subscription_schedules/${schedule.id}?expand[]=phases.items.price`));
  await stripe.subscriptionSchedules.release(schedule.id);

  // A card that fails, a change that waits for its payment, retries, the end.
  const method = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  await stripe.subscriptions.update(id, { default_payment_method: method.id });
  await stripe.subscriptions.update(id, {
    items: [{ id: item.id, quantity: 4 }], proration_behavior: 'always_invoice', payment_behavior: 'pending_if_incomplete',
  });
  const pending = await wire(`/v1/subscriptions/${id}?expand[]=latest_invoice.payments`);
  assert.ok(pending.pending_update);
  fits(pending);
  await advance(start + 50 * DAY);
  assert.equal((await wire(`/v1/subscriptions/${id}`)).status, 'past_due');
  await advance(start + 70 * DAY);
  assert.equal((await wire(`/v1/subscriptions/${id}`)).status, 'canceled');

  const manage = await stripe.billingPortal.configurations.create({
    features: {
      subscription_cancel: { enabled: true, cancellation_reason: { enabled: true, options: ['unused'] } },
      subscription_update: {
        enabled: true, default_allowed_updates: ['price'], proration_behavior: 'always_invoice',
        products: [{ product: team.id, prices: [monthly.id, dearer.id], adjustable_quantity: { enabled: true, minimum: 2 } }],
        schedule_at_period_end: { conditions: [{ type: 'shortening_interval' }] },
      },
    },
  });
  fits(await wire(`/v1/billing_portal/configurations/${manage.id}`));
  const other = await stripe.customers.create({ payment_method: 'pm_card_visa', invoice_settings: { default_payment_method: 'pm_card_visa' } });
  const second = await stripe.subscriptions.create({ customer: other.id, items: [{ price: monthly.id }], metadata: { a: 'b' } });
  await stripe.subscriptions.cancel(second.id, { invoice_now: true, prorate: true });
  await stripe.invoiceItems.create({ customer: other.id, amount: 500, currency: 'eur', description: 'Extra' });
  const manual = await stripe.invoices.create({ customer: other.id });
  await stripe.invoices.voidInvoice((await stripe.invoices.finalizeInvoice(manual.id)).id).catch(() => {});
  const third = await stripe.subscriptions.create({ customer: other.id, items: [{ price: monthly.id }] });
  for (const flow_data of [
    { type: 'subscription_cancel', subscription_cancel: { subscription: third.id } },
    {
      type: 'subscription_update_confirm', after_completion: { type: 'redirect', redirect: { return_url: 'http://localhost:3000/' } },
      subscription_update_confirm: { subscription: third.id, items: [{ id: third.items.data[0].id, price: dearer.id }] },
    },
  ]) {
    const session = await stripe.billingPortal.sessions.create({ customer: other.id, configuration: manage.id, flow_data });
    fits(JSON.parse(JSON.stringify({ ...session, lastResponse: undefined })));
  }
  await stripe.subscriptions.pause(third.id, { type: 'subscription' });
  fits(await wire(`/v1/subscriptions/${third.id}`));
  await stripe.customers.del(other.id);

  for (const path of [
    '/v1/products', '/v1/prices', `/v1/customers?test_clock=${clock.id}&expand[]=data.tax_ids`, `/v1/customers/${customer.id}/payment_methods`,
    `/v1/customers/${customer.id}/tax_ids`, `/v1/customers/${other.id}/balance_transactions`, `/v1/invoices?customer=${customer.id}&expand[]=data.payments`,
    '/v1/invoice_payments', '/v1/invoiceitems', '/v1/payment_intents', '/v1/webhook_endpoints', '/v1/test_helpers/test_clocks', '/v1/checkout/sessions',
  ]) {
    if (path.includes(other.id)) continue;
    const list = await wire(`${path}${path.includes('?') ? '&' : '?'}limit=100`);
    assert.ok(list.data.length > 0, path);
    list.data.forEach(fits);
  }
});

test('every event carries a whole object of a known type', async () => {
  const seen = new Set();
  let after;
  for (let more = true; more;) {
    const page = await wire(`/v1/events?limit=100${after ? `&starting_after=${after}` : ''}`);
    for (const event of page.data) {
      seen.add(event.type);
      // A preview has no id, and a charge and a setup intent are only as much as an event needs.
      const { object } = event.data;
      if (['charge', 'setup_intent'].includes(object.object)) continue;
      assert.deepEqual(complaints(event.type === 'invoice.upcoming' ? { id: 'in_none', ...object } : object, event.type), []);
    }
    after = page.data.at(-1)?.id;
    more = page.has_more;
  }
  for (const kind of [
    'checkout.session.completed', 'customer.subscription.trial_will_end', 'customer.subscription.updated', 'customer.subscription.deleted',
    'customer.subscription.paused', 'customer.subscription.pending_update_expired', 'invoice.upcoming', 'invoice.created', 'invoice.finalized',
    'invoice.paid', 'invoice.payment_failed', 'invoice.updated', 'invoice.voided', 'invoice_payment.paid', 'invoiceitem.created',
    'payment_method.attached', 'subscription_schedule.created', 'subscription_schedule.released', 'customer.deleted', 'customer.updated',
  ]) assert.ok(seen.has(kind), kind);
});
