// Three things: organisations buy at the sandbox's till, one after the other and without a browser; Stripe's events arrive
// while pages are read; and all of it is compared with Stripe at the pace that Stripe allows.
import { execFile, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { median, quantile } from '../statistics.mjs';
import { Account } from '../webhooks/account.mjs';

const run = promisify(execFile);
const [programs] = process.argv.slice(2);
const {
  PUBLIC_BASE_URL, CLERK_API_URL, STRIPE_API_BASE, STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRETS, TOKENS_FILE, SANDBOX_DATA, SANDBOX_PORTS,
  UPGRADES = '300', ORGANISATIONS = '1000', EVENTS_A_SECOND = '300', SECONDS_OF_EVENTS = '30', READERS = '4',
} = process.env;
const tokens = readFileSync(TOKENS_FILE, 'utf8').split('\n');
const agent = new Agent({ keepAlive: true });
const [stripePort, mailboxPort, sandboxClerkPort] = SANDBOX_PORTS.split(' ');

const ask = (method, url, headers = {}, body = undefined) => new Promise((resolve, reject) => {
  const { hostname, port, pathname, search, host } = new URL(url);
  const options = { agent, host: hostname, port, method, path: pathname + search, headers: { host, ...headers } };
  const asked = request(options, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => resolve({ status: answer.statusCode, text }));
  });
  asked.on('error', reject).end(body);
});

const api = async (method, number, rest, body) => {
  const headers = { authorization: `Bearer ${tokens[number - 1]}`, 'content-type': 'application/json' };
  const { status, text } = await ask(method, `${PUBLIC_BASE_URL}/api/v1/orgs/b${number}${rest}`, headers, body && JSON.stringify(body));
  if (status !== 200) throw new Error(`${method} ${rest} of b${number}: ${status} ${text}`);
  return JSON.parse(text);
};

const wire = async (path) => {
  const { status, text } = await ask('GET', `${STRIPE_API_BASE}/v1/${path}`, { authorization: `Bearer ${STRIPE_SECRET_KEY}` });
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text);
};

// From the click to the limits of the plan: [from the click, from the payment], in milliseconds.
const upgrade = async (number) => {
  const clicked = performance.now();
  const { url } = await api('POST', number, '/billing/checkout', { price: 'tenantry_team_monthly' });
  const till = await ask('GET', url);
  if (till.status !== 200) throw new Error(`the till: ${till.status}`);
  const form = new URLSearchParams({
    email: `b${number}@example.test`, country: 'DE', number: '4242 4242 4242 4242', expiry: '12 / 40', cvc: '123', name: `Person ${number}`,
  }).toString();
  const paid = performance.now();
  // Stripe holds the buyer until its event is taken; whether it is in force is asked meanwhile.
  const done = ask('POST', url, { origin: new URL(url).origin, 'content-type': 'application/x-www-form-urlencoded' }, form);
  while ((await api('GET', number, '/billing')).usage.seats.limit !== 15) {
    if (performance.now() - paid > 20_000) throw new Error(`b${number} has no plan: ${(await done).status}`);
    await sleep(2);
  }
  const now = performance.now();
  const { status } = await done;
  if (status !== 303) throw new Error(`the till leads to ${status}`);
  return [now - clicked, now - paid];
};

const KINDS = [
  'payment_method.attached', 'customer.subscription.created', 'invoice.created', 'invoice.finalized', 'invoice.paid', 'invoice.updated',
  'customer.updated', 'customer.subscription.updated', 'invoice.payment_succeeded', 'checkout.session.completed',
];
let sent = 0;
// Too much at once: Stripe would send these again.
let refused = 0;
const deliver = async (customer) => {
  sent += 1;
  const at = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({
    id: `evt_bench_${sent}`, object: 'event', type: KINDS[sent % KINDS.length], created: at, livemode: false, api_version: '2026-09-30.endive',
    data: { object: { id: 'x_bench', object: 'invoice', customer, padding: 'x'.repeat(3000) } },
  });
  const signature = createHmac('sha256', STRIPE_WEBHOOK_SECRETS).update(`${at}.${body}`).digest('hex');
  const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${at},v1=${signature}` };
  const begun = performance.now();
  const { status } = await ask('POST', `${PUBLIC_BASE_URL}/webhooks/stripe`, headers, body);
  if (status !== 200 && status !== 503) throw new Error(`an event is answered ${status}`);
  if (status !== 200) refused += 1;
  return performance.now() - begun;
};

// So many events a second for so long, ten for a customer one after the other as a purchase sends them, whatever they are
// answered; while some read a list again and again.
const storm = async (customers, readers) => {
  let reading = true;
  const pages = [];
  const read = async (number) => {
    while (reading) {
      const begun = performance.now();
      await api('GET', number, '/procedures');
      pages.push(performance.now() - begun);
    }
  };
  const reads = Array.from({ length: readers }, (_, at) => read(at + 1));
  refused = 0;
  const [wanted, begun] = [Number(EVENTS_A_SECOND) * Number(SECONDS_OF_EVENTS), performance.now()];
  const acks = [];
  for (let count = 0; count < wanted; count += 1) {
    const due = begun + (count * 1000) / Number(EVENTS_A_SECOND);
    const early = due - performance.now();
    if (early > 1) await sleep(early);
    acks.push(deliver(customers[Math.floor(count / 10) % customers.length]));
  }
  const times = await Promise.all(acks);
  const seconds = (performance.now() - begun) / 1000;
  reading = false;
  await Promise.all(reads);
  return { times, refused, rate: times.length / seconds, pages, pageRate: pages.length / seconds };
};

// Counts what is asked of Stripe, and passes it on.
const counting = () => {
  const counter = { calls: 0 };
  counter.server = createServer((asked, answer) => {
    counter.calls += 1;
    const options = { agent, host: '127.0.0.1', port: stripePort, method: asked.method, path: asked.url, headers: asked.headers };
    asked.pipe(request(options, (got) => { answer.writeHead(got.statusCode, got.headers); got.pipe(answer); }));
  });
  return new Promise((resolve) => {
    counter.server.listen(0, '127.0.0.1', () => { counter.url = `http://127.0.0.1:${counter.server.address().port}`; resolve(counter); });
  });
};

const ms = (times) => [median(times), quantile(times, 0.99), Math.max(...times)].map((time) => time.toFixed(1).padStart(9)).join('');
const line = (what, times, more = '') => console.log(`${what.padEnd(62)}${String(times.length.toLocaleString('en-GB')).padStart(8)}${ms(times)}${more}`);

const account = new Account(tokens.length);
await account.listen(Number(new URL(CLERK_API_URL).port));
const begin = (program, args, env = {}) => spawn(`${programs}/${program}`, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } });
const children = [begin('tenantry-sandbox', [
  '--clerk-port', sandboxClerkPort, '--stripe-port', stripePort, '--mailbox-port', mailboxPort, '--data-dir', SANDBOX_DATA,
  '--stripe-webhook-url', `${PUBLIC_BASE_URL}/webhooks/stripe`, '--stripe-webhook-secrets', STRIPE_WEBHOOK_SECRETS,
])];
try {
  await run(`${programs}/tenantry`, ['job', 'run', 'reconcile-clerk', '--once'], { maxBuffer: 64 << 20 });
  for (let tries = 0; ; tries += 1) {
    if (await wire('account').catch(() => null)) break;
    if (tries > 400) throw new Error('the sandbox does not answer');
    await sleep(25);
  }
  await run(`${programs}/tenantry`, ['stripe', 'setup']);
  const server = begin('tenantry', ['serve']);
  const worker = begin('tenantry', ['work']);
  children.push(server, worker);
  for (let tries = 0; await api('GET', 1, '').catch(() => null) === null; tries += 1) {
    if (tries > 400) throw new Error('the server does not answer');
    await sleep(25);
  }
  console.log(`${'milliseconds'.padEnd(62)}${'times'.padStart(8)}${['p50', 'p99', 'slowest'].map((word) => word.padStart(9)).join('')}`);
  const upgrades = [];
  for (let number = 1; number <= Number(UPGRADES); number += 1) upgrades.push(await upgrade(number));
  line('from the click on a plan to its limits, the till between', upgrades.map(([clicked]) => clicked));
  line('from the payment to its limits', upgrades.map(([, paid]) => paid));

  // The rest of the thousand, several beside each other and not measured.
  let next = Number(UPGRADES);
  const buyer = async () => { while (next < Number(ORGANISATIONS)) { next += 1; await upgrade(next); } };
  await Promise.all(Array.from({ length: 8 }, buyer));
  const customers = [];
  for (let after = ''; ;) {
    const page = await wire(`customers?limit=100${after}`);
    customers.push(...page.data.map((one) => one.id));
    if (!page.has_more) break;
    after = `&starting_after=${page.data.at(-1).id}`;
  }
  const calm = await storm(customers.slice(0, 300), 0);
  const put = (storm) => (storm.refused > 0 ? `  ${storm.refused} to be sent again` : '');
  line(`an event's acknowledgement, ${Math.round(calm.rate)} a second, nobody reading`, calm.times, put(calm));
  const busy = await storm(customers.slice(0, 300), Number(READERS));
  line(`an event's acknowledgement, ${Math.round(busy.rate)} a second, ${READERS} readers`, busy.times, put(busy));
  line(`a list read beside them, ${Math.round(busy.pageRate)} a second`, busy.pages);

  for (const child of [server, worker]) {
    child.kill('SIGTERM');
    await new Promise((resolve) => { child.once('exit', resolve); });
  }
  const counter = await counting();
  console.log(`\n${'all organisations compared with Stripe'.padEnd(62)}${['orgs', 'calls', 'seconds', 'a second'].map((word) => word.padStart(9)).join('')}`);
  for (const [what, limit] of [['as fast as it goes', '1000000'], ['25 calls a second, as in test mode', '25'], ['100 calls a second, as in live mode', '100']]) {
    counter.calls = 0;
    const begun = performance.now();
    const env = { ...process.env, STRIPE_API_BASE: counter.url, STRIPE_CALLS_IN_A_SECOND: limit };
    const { stdout } = await run(`${programs}/tenantry`, ['job', 'run', 'reconcile-stripe', '--once'], { env, maxBuffer: 64 << 20 });
    const seconds = (performance.now() - begun) / 1000;
    const compared = stdout.match(/(\d+) compared with Stripe/)[1];
    const told = [compared, counter.calls, seconds.toFixed(1), (counter.calls / seconds).toFixed(1)];
    console.log(`${what.padEnd(62)}${told.map((part) => String(part).padStart(9)).join('')}`);
  }
  counter.server.close();
  counter.server.closeAllConnections();
} finally {
  for (const child of children) child.kill('SIGTERM');
  account.server.close();
  account.server.closeAllConnections();
  agent.destroy();
}
