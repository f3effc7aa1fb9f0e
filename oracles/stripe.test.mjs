// Three that were written by others say whether the sandbox's Stripe is Stripe: the official TypeScript declarations, the
// official Python library, and the types of the Rust community's crates. What one of them needs and is not there is a failure.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { Sandbox } from '../e2e/support/sandbox.mjs';
import { collect, folder, root } from './answers.mjs';
import { check } from './types.mjs';

let objects;
before(() => { objects = collect(); });

const one = (kind) => objects.find((object) => object.object === kind && !object.deleted);

test('every object fits the official declarations, by the official compiler', () => {
  const kinds = new Set(objects.map((object) => object.object));
  assert.ok(objects.length > 300 && kinds.size > 20, `${objects.length} objects of ${kinds.size} kinds`);
  assert.deepEqual(check(objects), []);
});

test('the compiler notices what is wrong', () => {
  const subscription = one('subscription');
  const { items, ...without } = subscription;
  for (const [object, complaint] of [
    [without, /Property 'items' is missing/],
    [{ ...subscription, colour: 'red' }, /colour"?' does not exist in type/],
    [{ ...subscription, status: 'asleep' }, /"asleep"' is not assignable/],
    [{ ...subscription, created: '1' }, /Type 'string' is not assignable to type 'number'/],
    [{ ...subscription, items: { ...items, data: [{ ...items.data[0], quantity: 'one' }] } }, /Type 'string' is not assignable to type 'number'/],
    [{ object: 'dream' }, /no type is known here for dream/],
  ]) {
    const complaints = check([object]);
    assert.ok(complaints.some((line) => complaint.test(line)), `${complaint}: ${complaints.join('\n')}`);
  }
});

// The program of the community's types, in a package and with a lock of its own.
const decode = (what) => {
  writeFileSync(`${folder}/objects.json`, JSON.stringify(what));
  const program = `${root}target/oracles/async-stripe/debug/async-stripe-oracle`;
  const { status, stdout } = spawnSync(program, [`${folder}/objects.json`], { encoding: 'utf8' });
  const [count, ...complaints] = stdout.trim().split('\n');
  assert.equal(count, `${what.length} objects`);
  assert.equal(status, complaints.length > 0 ? 1 : 0);
  return complaints;
};

test('every object is decoded by the types of async-stripe, and nothing of it is lost', () => {
  execFileSync('cargo', ['build', '--quiet', '--locked', '--target-dir', `${root}target/oracles/async-stripe`], {
    cwd: `${root}oracles/async-stripe`, stdio: ['ignore', 'ignore', 'inherit'],
  });
  assert.deepEqual(decode(objects), []);
});

test('it notices what is wrong', () => {
  const subscription = one('subscription');
  const { invoice_settings, ...without } = subscription;
  assert.match(decode([without])[0], /subscription: does not decode: missing field `invoice_settings`/);
  assert.match(decode([{ ...subscription, created: 'today' }])[0], /subscription: does not decode/);
  assert.deepEqual(decode([{ ...subscription, colour: 'red' }]), ['subscription.colour: is lost']);
  assert.deepEqual(decode([{ object: 'dream' }]), ['no type is known here for dream']);
});

// Every call of our client, by its source: `POST /v1/customers/{id}`.
function ourCalls() {
  const sources = readdirSync(`${root}crates/stripe/src/client`).map((name) => readFileSync(`${root}crates/stripe/src/client/${name}`, 'utf8'));
  const found = new Set();
  for (const [, verb, pages, path] of sources.join('\n').matchAll(/(?:self\.(get|post|delete)\(\s*|(Pages)::new\(self, )&\[([^\]]*)\]/g)) {
    const segments = path.split(',').map((part) => part.trim()).filter(Boolean).map((part) => (part.startsWith('"') ? part.slice(1, -1) : '{id}'));
    found.add(`${(pages ? 'get' : verb).toUpperCase()} /v1/${segments.join('/')}`);
  }
  return found;
}

// One event as it is delivered, with its signature.
async function delivered(sandbox, hook) {
  const arrives = new Promise((resolve) => {
    hook.on('request', (request, response) => {
      let body = '';
      request.on('data', (text) => { body += text; });
      request.on('end', () => {
        response.end('{}');
        resolve({ SIGNATURE: request.headers['stripe-signature'], BODY: body });
      });
    });
  });
  const answer = await fetch(`${sandbox.stripe}/v1/products`, {
    method: 'POST', headers: { authorization: `Bearer ${sandbox.stripeKey}` }, body: new URLSearchParams({ name: 'Delivered' }),
  });
  assert.equal(answer.status, 200);
  return arrives;
}

test('the official Python library makes every call of ours, unmodified', async () => {
  const python = `${root}target/oracles/python`;
  if (!existsSync(`${python}/bin/python`)) execFileSync('python3', ['-m', 'venv', python], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync(`${python}/bin/python`, [
    '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes', '-r', `${root}oracles/python/requirements.txt`,
  ], { stdio: ['ignore', 'ignore', 'inherit'] });
  const hook = createServer();
  await new Promise((resolve) => { hook.listen(0, '127.0.0.1', resolve); });
  const secret = 'whsec_python';
  const sandbox = new Sandbox('--stripe-webhook-url', `http://127.0.0.1:${hook.address().port}/`, '--stripe-webhook-secrets', secret);
  try {
    await sandbox.start();
    const event = await delivered(sandbox, hook);
    hook.removeAllListeners('request').on('request', (request, response) => { request.resume(); response.end('{}'); });
    await sandbox.control('/received/clear');
    const child = spawn(`${python}/bin/python`, [`${root}oracles/python/calls.py`, sandbox.stripe], {
      env: { ...event, SECRET: secret, STRIPE_SECRET_KEY: sandbox.stripeKey }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    let told = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { told += text; });
    const code = await new Promise((resolve) => { child.once('close', resolve); });
    assert.equal(code, 0, told);
    assert.match(told, /stripe 16\.0\.1, version 2026-09-30\.endive/);
    const { received } = await (await fetch(`${sandbox.mailbox}/control/received`)).json();
    const words = new Set([...ourCalls()].flatMap((call) => call.split('/')));
    const template = ({ method, path }) => `${method} ${path.split('/').map((part) => (words.has(part) || part === '' ? part : '{id}')).join('/')}`;
    const made = new Set(received.filter(({ status }) => status === 200).map(template));
    assert.deepEqual([...ourCalls()].filter((call) => !made.has(call)), [], [...made].join('\n'));
  } finally {
    await sandbox.remove();
    hook.closeAllConnections();
    hook.close();
  }
});
