// The official @clerk/backend, unmodified, against the local sandbox: what it cannot tell apart, our client cannot either.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { officialClient } from './support/clerk.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry('--no-seed');
let clerk;

before(async () => {
  await tenantry.start();
  clerk = officialClient(tenantry);
});
after(() => tenantry.remove());

const newPerson = (name) => clerk.users.createUser({ emailAddress: [`${name}+clerk_test@example.com`], firstName: name });

test('people, organisations and memberships have the shapes the client expects', async () => {
  const grace = await newPerson('grace');
  assert.match(grace.id, /^user_[A-Za-z0-9]+$/);
  assert.equal(grace.primaryEmailAddress.emailAddress, 'grace+clerk_test@example.com');
  assert.equal((await clerk.users.getUser(grace.id)).firstName, 'grace');
  const found = await clerk.users.getUserList({ emailAddress: ['grace+clerk_test@example.com'] });
  assert.equal(found.totalCount, 1);

  const acme = await clerk.organizations.createOrganization({ name: 'Acme', slug: 'acme', createdBy: grace.id });
  assert.equal((await clerk.organizations.getOrganization({ slug: 'acme' })).id, acme.id);
  const joan = await newPerson('joan');
  await clerk.organizations.createOrganizationMembership({ organizationId: acme.id, userId: joan.id, role: 'org:member' });
  const members = await clerk.organizations.getOrganizationMembershipList({ organizationId: acme.id });
  assert.deepEqual(members.data.map((membership) => membership.role).sort(), ['org:admin', 'org:member']);
  const mine = await clerk.users.getOrganizationMembershipList({ userId: joan.id });
  assert.equal(mine.data[0].organization.slug, 'acme');
});

test('errors carry the codes the client maps', async () => {
  await assert.rejects(clerk.users.getUser('user_nobody'), (error) => {
    assert.equal(error.status, 404);
    assert.equal(error.errors[0].code, 'resource_not_found');
    return true;
  });
  const only = await newPerson('only');
  const organisation = await clerk.organizations.createOrganization({ name: 'Single', slug: 'single', createdBy: only.id });
  await assert.rejects(
    clerk.organizations.deleteOrganizationMembership({ organizationId: organisation.id, userId: only.id }),
    (error) => error.errors[0].code === 'organization_minimum_permissions_needed',
  );
  await assert.rejects(
    clerk.organizations.createOrganization({ name: 'Twin', slug: 'single', createdBy: only.id }),
    (error) => error.status < 500,
  );
});

test('a session it makes is verified by its own authenticateRequest, with our keys', async () => {
  const ida = await newPerson('ida');
  const organisation = await clerk.organizations.createOrganization({ name: 'Ida Ltd', slug: 'ida', createdBy: ida.id });
  const session = await clerk.sessions.createSession({ userId: ida.id });
  const { jwt } = await clerk.sessions.getToken(session.id);
  const request = new Request(`${tenantry.app}/`, { headers: { authorization: `Bearer ${jwt}` } });
  const state = await clerk.authenticateRequest(request, { authorizedParties: undefined });
  assert.equal(state.status, 'signed-in', state.reason);
  const auth = state.toAuth();
  assert.equal(auth.userId, ida.id);
  assert.ok([organisation.id, undefined, null].includes(auth.orgId));

  // The same token opens the application's own API, which learns of the person on the way.
  const answer = await fetch(`${tenantry.app}/api/v1/me`, { headers: { authorization: `Bearer ${jwt}` } });
  assert.ok([200, 401].includes(answer.status), `${answer.status}`);

  await clerk.sessions.revokeSession(session.id);
  assert.equal((await clerk.sessions.getSession(session.id)).status, 'revoked');
});
