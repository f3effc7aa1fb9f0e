// What an operator does at the command line: the doctor, and the comparison with Clerk when no webhook has arrived.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { officialClient } from './support/clerk.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry();
let clerk;

before(async () => {
  await tenantry.start();
  clerk = officialClient(tenantry);
});
after(() => tenantry.remove());

function run(args, changes = {}) {
  const program = new URL('../target/debug/tenantry', import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(program, args, {
    env: { PATH: process.env.PATH, RUST_LOG: 'off', ...tenantry.env, ...changes }, encoding: 'utf8', timeout: 60_000,
  });
  return { status, out: stdout, err: stderr };
}

function runBeside(args, changes) {
  const program = new URL('../target/debug/tenantry', import.meta.url).pathname;
  const env = { PATH: process.env.PATH, RUST_LOG: 'off', ...tenantry.env, ...changes };
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: 60_000 }, (_, stdout, stderr) => resolve({ out: stdout, err: stderr }));
  });
}

test('the doctor looks at Clerk and says what to change', () => {
  // What was seeded before the server stood is sent a second time after five seconds.
  let well;
  for (let tries = 0; tries < 20; tries += 1) {
    well = run(['doctor']);
    if (well.out.includes('the last event of')) break;
  }
  for (const told of [
    'ok       Clerk answers, and takes CLERK_SECRET_KEY',
    'ok       CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong to one instance',
    'ok       a development instance, ins_',
    'ok       organisations are enabled',
    'ok       organisations have slugs',
    'careful  admins may delete their organisation at Clerk',
    `ok       tokens made for ${tenantry.app} are believed`,
    `ok       ${tenantry.app}/webhooks/clerk answers, and refuses what is not signed`,
    'ok       CLERK_WEBHOOK_SIGNING_SECRET, number 1: a signed event is taken and recorded',
    'ok       the last event of Clerk\'s that was taken is ',
    'ok       what is committed is on disk before anybody is told',
  ]) assert.ok(well.out.includes(told), `${told} in:\n${well.out}${well.err}`);
  assert.equal(well.status, 0, well.out);

  const stranger = run(['doctor'], { CLERK_SECRET_KEY: 'sk_test_somebody_elses_key_0123456789' });
  assert.match(stranger.out, /broken {3}Clerk does not answer as it should/);
  assert.equal(stranger.status, 1);
  const elsewhere = run(['doctor'], { CLERK_AUTHORIZED_PARTIES: 'https://elsewhere.example' });
  assert.match(elsewhere.out, /broken {3}CLERK_AUTHORIZED_PARTIES does not name/);
});

test('the doctor finds what is wrong at Clerk and between us', async () => {
  const settings = (changes) => fetch(`${tenantry.env.CLERK_API_URL}/v1/instance/organization_settings`, {
    method: 'PATCH', body: JSON.stringify(changes),
    headers: { authorization: `Bearer ${tenantry.env.CLERK_SECRET_KEY}`, 'content-type': 'application/json' },
  });
  const before = await (await fetch(`${tenantry.env.CLERK_API_URL}/v1/instance/organization_settings`, {
    headers: { authorization: `Bearer ${tenantry.env.CLERK_SECRET_KEY}` },
  })).json();
  for (const [changes, told, status] of [
    [{ enabled: false }, /broken {3}organisations are not enabled/, 1],
    [{ slug_disabled: true }, /careful {2}organisations are made without slugs/, 0],
    [{ max_allowed_memberships: 5 }, /careful {2}Clerk allows a new organisation 5 members/, 0],
    [{ max_allowed_memberships: 0 }, /ok {7}Clerk sets no limit on members/, 0],
    [{ admin_delete_enabled: false }, /ok {7}organisations are deleted through the product alone/, 0],
    [{ admin_delete_enabled: true }, /careful {2}admins may delete their organisation at Clerk/, 0],
  ]) {
    assert.equal((await settings(changes)).status, 200, JSON.stringify(changes));
    const found = run(['doctor']);
    assert.match(found.out, told, JSON.stringify(changes));
    assert.equal(found.status, status, found.out);
    await settings(Object.fromEntries(Object.keys(changes).map((name) => [name, before[name] ?? 0])));
  }
  // Another instance's publishable key: its keys are fetched from where they are published.
  const elsewhere = createServer((_, answer) => answer.setHeader('content-type', 'application/json').end(JSON.stringify({
    keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'ins_other', n: 'A'.repeat(342), e: 'AQAB' }],
  })));
  await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const { port } = elsewhere.address();
  // Not spawnSync: this very process has to answer meanwhile.
  const other = await runBeside(['doctor'], { CLERK_JWKS_URL: `http://127.0.0.1:${port}/jwks` });
  elsewhere.close();
  assert.match(other.out, /broken {3}CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong to different instances/);
  assert.match(run(['doctor'], { CLERK_JWKS_URL: 'http://127.0.0.1:9/jwks' }).out, /broken {3}the public keys cannot be fetched/);
  // The server was started with one secret, and the configuration holds that one and a new one.
  const secrets = `whsec_dY3zTqBvW8nPfK2mRxUcJ6hLgS9aEo4Q,${tenantry.env.CLERK_WEBHOOK_SIGNING_SECRET}`;
  const rotating = run(['doctor'], { CLERK_WEBHOOK_SIGNING_SECRET: secrets });
  assert.match(rotating.out, /broken {3}CLERK_WEBHOOK_SIGNING_SECRET, number 1: the server that answers has another secret/);
  assert.match(rotating.out, /ok {7}CLERK_WEBHOOK_SIGNING_SECRET, number 2: a signed event is taken and recorded/);
  // Something else answers at the public address; nothing does.
  assert.match(run(['doctor'], { PUBLIC_BASE_URL: tenantry.mailbox }).out, /broken {3}.*\/webhooks\/clerk answers 40[45] to what is not signed/);
  assert.match(run(['doctor'], { PUBLIC_BASE_URL: 'http://127.0.0.1:9' }).out, /careful {2}.*\/webhooks\/clerk does not answer/);
  assert.match(run(['doctor'], { CLERK_SECRET_KEY: '' }).out, /broken {3}configuration of the server: CLERK_SECRET_KEY is missing/);
});

test('the doctor compares the keys also behind our own proxy', async () => {
  const proxied = new Tenantry('--clerk-proxy');
  await proxied.start();
  try {
    const env = { ...proxied.env, CLERK_JWKS_URL: '' };
    const well = run(['doctor'], env);
    assert.match(well.out, /ok {7}browsers reach Clerk through http:\/\/localhost:\d+\/__clerk/);
    assert.match(well.out, /ok {7}CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong to one instance/);
    // The browsers of this server would be sent to another instance.
    const other = run(['doctor'], { ...env, CLERK_API_URL: tenantry.env.CLERK_API_URL, CLERK_SECRET_KEY: tenantry.env.CLERK_SECRET_KEY });
    assert.match(other.out, /broken {3}CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong to different instances/);
  } finally {
    await proxied.remove();
  }
});

test('with every webhook lost, one comparison makes both sides equal', async () => {
  const lose = await fetch(`${tenantry.mailbox}/control/webhooks`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ mode: 'drop' }),
  });
  assert.equal(lose.status, 200);
  assert.match(run(['job', 'run', 'reconcile-clerk', '--once']).out, /compared with Clerk, 0 not the same/);

  const [max] = (await clerk.users.getUserList({ emailAddress: ['max+clerk_test@acme-provisions.example'] })).data;
  const acme = await clerk.organizations.getOrganization({ slug: 'acme' });
  const bolt = await clerk.organizations.getOrganization({ slug: 'bolt' });
  await clerk.organizations.updateOrganizationMembership({ organizationId: acme.id, userId: max.id, role: 'org:admin' });
  await clerk.organizations.deleteOrganizationMembership({ organizationId: bolt.id, userId: max.id });
  const joan = await clerk.users.createUser({ emailAddress: ['joan+clerk_test@example.com'], firstName: 'Joan', skipPasswordRequirement: true });
  await clerk.organizations.createOrganizationMembership({ organizationId: acme.id, userId: joan.id, role: 'org:member' });

  const repaired = run(['job', 'run', 'reconcile-clerk', '--once']);
  for (const told of [
    new RegExp(`${max.id} +has another role in ${acme.id} \\(repaired\\)`),
    new RegExp(`${max.id} +was a member of ${bolt.id} here, and is not one \\(repaired\\)`),
    new RegExp(`${joan.id} +was not known here \\(repaired\\)`),
  ]) assert.match(repaired.out, told);
  assert.equal(repaired.status, 0);
  assert.match(run(['job', 'run', 'reconcile-clerk', '--once']).out, /, 0 not the same/);
  assert.match(run(['job', 'run', 'reconcile-clerk']).out, /a worker is asked/);
});
