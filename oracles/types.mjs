// Objects as literals of the official declarations: TypeScript says what is missing, wrong or not in them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { folder, root } from './answers.mjs';

// The type of each object by what it says it is.
const TYPES = {
  account: 'Account', 'billing_portal.configuration': 'BillingPortal.Configuration',
  'billing_portal.session': 'BillingPortal.Session', 'checkout.session': 'Checkout.Session', customer: 'Customer',
  customer_balance_transaction: 'CustomerBalanceTransaction', event: 'EventBase', invoice: 'Invoice',
  invoice_payment: 'InvoicePayment', invoiceitem: 'InvoiceItem', item: 'LineItem', line_item: 'InvoiceLineItem', payment_intent: 'PaymentIntent',
  payment_method: 'PaymentMethod', price: 'Price', product: 'Product', subscription: 'Subscription',
  subscription_item: 'SubscriptionItem', subscription_schedule: 'SubscriptionSchedule', tax_id: 'TaxId',
  'test_helpers.test_clock': 'TestHelpers.TestClock', webhook_endpoint: 'WebhookEndpoint',
};
const DELETED = {
  customer: 'DeletedCustomer', invoice: 'DeletedInvoice', product: 'DeletedProduct', subscription_item: 'DeletedSubscriptionItem',
  tax_id: 'DeletedTaxId', 'test_helpers.test_clock': 'TestHelpers.DeletedTestClock', webhook_endpoint: 'DeletedWebhookEndpoint',
};
// Of these an event shows as much as it needs, and no call answers with them.
const PARTS = ['charge', 'setup_intent'];

// As on the wire: decimals are texts, and of an open list of words only those that are named.
const HEAD = `import Stripe from 'stripe';
type Words<T> = T extends string ? (string extends T ? never : T) : never;
type Closed<T> = [Words<T>] extends [never] ? T : T extends string ? (string extends T ? never : T) : T;
type Wire<T> = On<Closed<T>>;
type On<T> = T extends Stripe.Decimal ? string : T extends Array<infer I> ? Wire<I>[]
  : T extends object ? { [K in keyof T]: Wire<T[K]> } : T;
`;

// What the compiler complains about; empty where every object fits.
export function check(objects) {
  const work = `${folder}/types`;
  mkdirSync(work, { recursive: true });
  const complaints = [];
  const literals = objects.map((object, number) => {
    const kind = object.object;
    if (PARTS.includes(kind)) return '';
    const type = (object.deleted === true ? DELETED : TYPES)[kind];
    if (!type) {
      complaints.push(`no type is known here for ${kind}`);
      return '';
    }
    // What an event carries is looked at by itself; a preview has no id.
    const bare = kind === 'event' ? { ...object, data: undefined } : object;
    const unnamed = kind === 'invoice' && !('id' in object) ? `Omit<Stripe.${type}, 'id'>` : `Stripe.${type}`;
    const shown = kind === 'event' ? `Omit<Stripe.${type}, 'data'>` : unnamed;
    return `export const o${number}: Wire<${shown}> = ${JSON.stringify(bare)};\n`;
  });
  writeFileSync(`${work}/answers.ts`, HEAD + literals.join(''));
  writeFileSync(`${work}/tsconfig.json`, JSON.stringify({
    compilerOptions: { strict: true, noEmit: true, skipLibCheck: true, module: 'nodenext', target: 'es2022', types: [] },
    files: ['answers.ts'],
  }));
  try {
    execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '--pretty', 'false', '-p', work], { encoding: 'utf8' });
  } catch (error) {
    if (!error.stdout) throw error;
    complaints.push(...error.stdout.trim().split('\n'));
  }
  return complaints;
}
