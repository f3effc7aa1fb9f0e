// What an operator does at the command line: the doctor, and the comparison with Clerk when no webhook has arrived.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { createClerkClient } from '@clerk/backend';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry();
let clerk;

before(async () => {
  await tenantry.start();
  const { CLERK_SECRET_KEY: secretKey, CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_API_URL: apiUrl } = tenantry.env;
  clerk = createClerkClient({ secretKey, publishableKey, apiUrl, telemetry: { disabled: true } });
});
after(() => tenantry.remove());

function run(args, changes = {}) {
  const program = new URL('../target/debug/tenantry', import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(program, args, {
    env: { PATH: process.env.PATH, RUST_LOG: 'off', ...tenantry.env, ...changes }, encoding: 'utf8', timeout: 60_000,
  });
  return { status, out: stdout, err: stderr };
}

test('the doctor looks at Clerk and says what to change', () => {
  const well = run(['doctor']);
  for (const told of [
    'ok       Clerk answers, and takes CLERK_SECRET_KEY',
    'ok       CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong to one instance',
    'ok       a development instance, ins_',
    'ok       organisations are enabled',
    'ok       organisations have slugs',
    'careful  admins may delete their organisation at Clerk',
    `ok       tokens made for ${tenantry.app} are believed`,
    `ok       ${tenantry.app}/webhooks/clerk answers, and refuses what is not signed`,
  ]) assert.ok(well.out.includes(told), `${told} in:\n${well.out}${well.err}`);
  assert.equal(well.status, 0, well.out);

  const stranger = run(['doctor'], { CLERK_SECRET_KEY: 'sk_test_somebody_elses_key_0123456789' });
  assert.match(stranger.out, /broken {3}Clerk does not answer as it should/);
  assert.equal(stranger.status, 1);
  const elsewhere = run(['doctor'], { CLERK_AUTHORIZED_PARTIES: 'https://elsewhere.example' });
  assert.match(elsewhere.out, /broken {3}CLERK_AUTHORIZED_PARTIES does not name/);
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
