// `tenantry stripe verify` beside the sandbox: all is as expected, what is made to differ is named, nothing is left behind,
// and no key of live mode is ever tried.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { Sandbox } from './support/sandbox.mjs';

const program = new URL('../target/debug/tenantry', import.meta.url).pathname;
const sandbox = new Sandbox();
before(() => sandbox.start());
after(() => sandbox.remove());

function verify(key = sandbox.stripeKey) {
  const child = spawn(program, ['stripe', 'verify', '--api-base', sandbox.stripe], {
    env: { PATH: process.env.PATH, STRIPE_SECRET_KEY: key }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { told += text; });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, told, lines: told.trim().split('\n') })));
}

const said = (lines, word) => lines.filter((line) => line.startsWith(word));

async function wire(path) {
  const answer = await fetch(`${sandbox.stripe}/v1/${path}`, { headers: { authorization: `Bearer ${sandbox.stripeKey}` } });
  return answer.json();
}

test('the sandbox is as expected, in every line', async () => {
  const { code, told, lines } = await verify();
  assert.equal(code, 0, told);
  assert.deepEqual(said(lines, 'differs'), []);
  // Each of what was to be verified, but for what takes a browser, which is said too.
  const seen = new Set([...said(lines, 'same'), ...said(lines, 'by hand')].map((line) => Number(line.match(/^(?:same|by hand) +(\d+) /)[1])));
  assert.deepEqual([...seen].sort((a, b) => a - b), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.match(lines.at(-1), new RegExp(`^${said(lines, 'same').length} same, 0 differ$`));
});

test('it takes away what it made', async () => {
  assert.deepEqual((await wire('customers?limit=100')).data, []);
  assert.deepEqual((await wire('test_helpers/test_clocks?limit=100')).data, []);
  assert.deepEqual((await wire('webhook_endpoints?limit=100')).data, []);
  for (const kind of ['products', 'prices', 'billing_portal/configurations']) {
    assert.deepEqual((await wire(`${kind}?active=true&limit=100`)).data, [], kind);
  }
});

test('an account that is set otherwise differs in what that changes, and in nothing else', async () => {
  await sandbox.control('/stripe/dunning', { after_retries: 'unpaid' });
  const { code, told, lines } = await verify();
  assert.equal(code, 1, told);
  const differing = said(lines, 'differs');
  assert.ok(differing.length > 0 && differing.every((line) => /^differs {2}11 /.test(line)), told);
  assert.match(differing[0], /expected canceled payment_failed, came unpaid null/);
  await sandbox.control('/stripe/dunning', { after_retries: 'cancel' });
});

test('an answer that is another is named, and the rest is looked at all the same', async () => {
  await sandbox.control('/faults', { kind: 'stored_error', api: 'stripe', method: 'POST', path: '/v1/checkout/sessions', times: 1 });
  const { code, told, lines } = await verify();
  assert.equal(code, 1, told);
  const differing = said(lines, 'differs');
  assert.equal(differing.length, 1, told);
  assert.match(differing[0], /openings: expected to go on, came checkout\/sessions: 500 api_error/);
  assert.ok(lines.some((line) => line.startsWith('same     12 ')), told);
});

test('a key of live mode is refused before anything is asked', async () => {
  await sandbox.control('/received/clear');
  for (const key of ['sk_live_0123456789', 'rk_live_0123456789', 'pk_test_0123456789']) {
    const { code, told } = await verify(key);
    assert.equal(code, 2, told);
    assert.ok(!told.includes('0123456789'), 'no key is shown');
  }
  const received = await (await fetch(`${sandbox.mailbox}/control/received`)).json();
  assert.equal(JSON.stringify(received).includes('/v1/'), false, JSON.stringify(received));
});
