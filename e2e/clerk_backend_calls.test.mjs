// Every call of the Backend API that Tenantry, or a server of a customer's, makes: by the official client, unmodified.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { officialClient } from './support/clerk.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry('--no-seed');
let clerk;
let number = 0;

before(async () => {
  await tenantry.start();
  clerk = officialClient(tenantry);
});
after(() => tenantry.remove());

const person = () => {
  number += 1;
  return clerk.users.createUser({ emailAddress: [`p${number}+clerk_test@example.com`], firstName: `P${number}` });
};
const organisation = async (admin) => {
  number += 1;
  return clerk.organizations.createOrganization({ name: `O ${number}`, slug: `o-${number}`, createdBy: admin.id });
};
const refused = (promise, status, code) => assert.rejects(promise, (error) => {
  assert.deepEqual([error.status, error.errors?.[0]?.code], [status, code]);
  assert.match(error.clerkTraceId, /^[a-z0-9]{32}$/);
  return true;
});

test('users: changed, given metadata, banned, locked, counted, deleted', async () => {
  const user = await person();
  const { id } = user;
  const changed = await clerk.users.updateUser(id, { firstName: 'Ada', lastName: 'Lovelace', externalId: 'crm-7', timezone: 'Europe/London' });
  assert.deepEqual([changed.firstName, changed.lastName, changed.externalId], ['Ada', 'Lovelace', 'crm-7']);
  await clerk.users.updateUserMetadata(id, { publicMetadata: { a: { b: 1, c: 2 } }, privateMetadata: { p: 1 } });
  const merged = await clerk.users.updateUserMetadata(id, { publicMetadata: { a: { b: null } } });
  assert.deepEqual([merged.publicMetadata, merged.privateMetadata], [{ a: { c: 2 } }, { p: 1 }]);
  const replaced = await clerk.users.replaceUserMetadata(id, { publicMetadata: { x: 1 } });
  assert.deepEqual(replaced.publicMetadata, { x: 1 });
  assert.equal((await clerk.users.banUser(id)).banned, true);
  assert.equal((await clerk.users.unbanUser(id)).banned, false);
  assert.equal((await clerk.users.lockUser(id)).locked, true);
  assert.equal((await clerk.users.unlockUser(id)).locked, false);
  assert.equal(await clerk.users.getCount({ userId: [id] }), 1);
  const found = await clerk.users.getUserList({ userId: [id], orderBy: '-created_at', limit: 5 });
  assert.deepEqual(found.data.map((one) => one.id), [id]);

  const email = await clerk.emailAddresses.createEmailAddress({ userId: id, emailAddress: `second${number}+clerk_test@example.com` });
  assert.equal((await clerk.emailAddresses.getEmailAddress(email.id)).verification, null);
  await clerk.emailAddresses.updateEmailAddress(email.id, { verified: true, primary: true });
  assert.equal((await clerk.users.getUser(id)).primaryEmailAddressId, email.id);
  assert.equal((await clerk.emailAddresses.deleteEmailAddress(email.id)).deleted, true);

  await clerk.users.deleteUser(id);
  await refused(clerk.users.getUser(id), 404, 'resource_not_found');
});

test('organisations: found, changed, given metadata and a logo, deleted', async () => {
  const admin = await person();
  const one = await organisation(admin);
  const list = await clerk.organizations.getOrganizationList({ organizationId: [one.id], includeMembersCount: true });
  assert.deepEqual([list.totalCount, list.data[0].membersCount], [1, 1]);
  const changed = await clerk.organizations.updateOrganization(one.id, { name: 'Renamed', slug: `renamed-${number}`, maxAllowedMemberships: 7, adminDeleteEnabled: false });
  assert.deepEqual([changed.name, changed.maxAllowedMemberships, changed.adminDeleteEnabled], ['Renamed', 7, false]);
  const merged = await clerk.organizations.updateOrganizationMetadata(one.id, { publicMetadata: { a: 1 }, privateMetadata: { b: 2 } });
  assert.deepEqual([merged.publicMetadata, merged.privateMetadata], [{ a: 1 }, { b: 2 }]);
  const replaced = await clerk.organizations.replaceOrganizationMetadata(one.id, { publicMetadata: { c: 3 } });
  assert.deepEqual([replaced.publicMetadata, replaced.privateMetadata], [{ c: 3 }, { b: 2 }]);
  const png = new Blob([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0])], { type: 'image/png' });
  const pictured = await clerk.organizations.updateOrganizationLogo(one.id, { file: png, uploaderUserId: admin.id });
  assert.equal(pictured.hasImage, true);
  assert.equal((await fetch(pictured.imageUrl)).headers.get('content-type'), 'image/png');
  assert.equal((await clerk.organizations.deleteOrganizationLogo(one.id)).hasImage, false);
  await clerk.organizations.deleteOrganization(one.id);
  await refused(clerk.organizations.getOrganization({ organizationId: one.id }), 404, 'resource_not_found');
});

test('memberships: given, changed, listed everywhere, taken', async () => {
  const [admin, member] = [await person(), await person()];
  const one = await organisation(admin);
  const of = { organizationId: one.id, userId: member.id };
  const joined = await clerk.organizations.createOrganizationMembership({ ...of, role: 'org:member' });
  assert.deepEqual([joined.role, joined.publicUserData.userId, joined.organization.id], ['org:member', member.id, one.id]);
  assert.equal((await clerk.organizations.updateOrganizationMembership({ ...of, role: 'org:admin' })).role, 'org:admin');
  const noted = await clerk.organizations.updateOrganizationMembershipMetadata({ ...of, publicMetadata: { desk: 4 } });
  assert.deepEqual(noted.publicMetadata, { desk: 4 });
  const admins = await clerk.organizations.getOrganizationMembershipList({ organizationId: one.id, role: ['org:admin'], orderBy: 'email_address' });
  assert.equal(admins.totalCount, 2);
  const all = await clerk.organizations.getInstanceOrganizationMembershipList({ limit: 500 });
  assert.ok(all.data.some((membership) => membership.id === joined.id));
  assert.equal((await clerk.users.getOrganizationMembershipList({ userId: member.id })).totalCount, 1);
  assert.equal((await clerk.organizations.deleteOrganizationMembership(of)).id, joined.id);
  await refused(clerk.organizations.updateOrganizationMembership({ ...of, role: 'org:member' }), 404, 'resource_not_found');
});

test('invitations: one, several, shown, listed, revoked', async () => {
  const [admin, invited] = [await person(), await person()];
  const one = await organisation(admin);
  const of = { organizationId: one.id };
  const emailAddress = invited.emailAddresses[0].emailAddress;
  const invitation = await clerk.organizations.createOrganizationInvitation({
    ...of, emailAddress, role: 'org:member', inviterUserId: admin.id, redirectUrl: `${tenantry.app}/welcome`, expiresInDays: 3,
    publicMetadata: { custom_roles: ['report-viewer'] },
  });
  assert.deepEqual([invitation.status, invitation.role, invitation.roleName], ['pending', 'org:member', 'Member']);
  assert.match(invitation.url, /\/v1\/tickets\/accept\?ticket=/);
  assert.deepEqual(invitation.publicMetadata, { custom_roles: ['report-viewer'] });
  await refused(clerk.organizations.createOrganizationInvitation({ ...of, emailAddress, role: 'org:member' }), 400, 'organization_invitation_not_unique');
  const several = await clerk.organizations.createOrganizationInvitationBulk(one.id, [
    { emailAddress: 'x1+clerk_test@example.com', role: 'org:member' },
    { emailAddress: 'x2+clerk_test@example.com', role: 'org:admin' },
  ]);
  assert.equal(several.data.length, 2);
  const pending = await clerk.organizations.getOrganizationInvitationList({ ...of, status: ['pending'] });
  assert.equal(pending.totalCount, 3);
  const theirs = await clerk.users.getOrganizationInvitationList({ userId: invited.id, status: 'pending' });
  assert.equal(theirs.data[0].publicOrganizationData.name, one.name);
  const of_one = { ...of, invitationId: invitation.id };
  assert.equal((await clerk.organizations.getOrganizationInvitation(of_one)).emailAddress, emailAddress);
  assert.equal((await clerk.organizations.revokeOrganizationInvitation({ ...of_one, requestingUserId: admin.id })).status, 'revoked');
  await refused(clerk.organizations.revokeOrganizationInvitation(of_one), 404, 'organization_invitation_not_pending');
});

test('roles and permissions: made, joined, changed, deleted', async () => {
  const permission = await clerk.organizationPermissions.createOrganizationPermission({ name: 'Read reports', key: 'org:reports:read', description: 'x' });
  assert.equal((await clerk.organizationPermissions.getOrganizationPermission(permission.id)).key, 'org:reports:read');
  const renamed = await clerk.organizationPermissions.updateOrganizationPermission({ permissionId: permission.id, name: 'See reports' });
  assert.equal(renamed.name, 'See reports');
  assert.ok((await clerk.organizationPermissions.getOrganizationPermissionList({ query: 'reports' })).totalCount >= 1);
  const role = await clerk.organizationRoles.createOrganizationRole({ name: 'Viewer', key: 'org:viewer', permissions: [] });
  const of = { organizationRoleId: role.id, permissionId: permission.id };
  assert.equal((await clerk.organizationRoles.assignPermissionToOrganizationRole(of)).permissions[0].key, 'org:reports:read');
  await refused(clerk.organizationRoles.assignPermissionToOrganizationRole(of), 409, 'organization_role_permission_association_exists');
  assert.equal((await clerk.organizationRoles.removePermissionFromOrganizationRole(of)).permissions.length, 0);
  assert.equal((await clerk.organizationRoles.updateOrganizationRole({ organizationRoleId: role.id, name: 'Watcher' })).name, 'Watcher');
  assert.equal((await clerk.organizationRoles.getOrganizationRole(role.id)).name, 'Watcher');
  assert.equal((await clerk.organizationRoles.getOrganizationRoleList()).totalCount, 3);
  assert.equal((await clerk.organizationRoles.deleteOrganizationRole(role.id)).deleted, true);
  assert.equal((await clerk.organizationPermissions.deleteOrganizationPermission(permission.id)).deleted, true);
});

test('role sets: the first, another, its roles, and replacing one', async () => {
  const [first] = (await clerk.roleSets.getRoleSetList()).data;
  assert.deepEqual([first.type, first.roles.map((role) => role.key).sort()], ['initial', ['org:admin', 'org:member']]);
  const set = await clerk.roleSets.createRoleSet({ name: 'Small', key: 'role_set:small', roles: ['org:admin'], defaultRoleKey: 'org:admin', creatorRoleKey: 'org:admin' });
  const more = await clerk.roleSets.addRolesToRoleSet({ roleSetKeyOrId: set.id, roleKeys: ['org:member'], defaultRoleKey: 'org:member' });
  assert.deepEqual([more.roles.length, more.defaultRole.key], [2, 'org:member']);
  assert.equal((await clerk.roleSets.updateRoleSet({ roleSetKeyOrId: set.id, name: 'Tiny' })).name, 'Tiny');
  const fewer = await clerk.roleSets.replaceRoleInRoleSet({ roleSetKeyOrId: set.id, roleKey: 'org:member', toRoleKey: 'org:admin' });
  assert.deepEqual(fewer.roles.map((role) => role.key), ['org:admin']);
  assert.equal((await clerk.roleSets.getRoleSet('role_set:small')).name, 'Tiny');
  assert.equal((await clerk.roleSets.replaceRoleSet({ roleSetKeyOrId: set.id, destRoleSetKey: first.key })).deleted, true);
  await refused(clerk.roleSets.getRoleSet(set.id), 404, 'resource_not_found');
});

test('sessions and tokens: made, listed, of a template, revoked; sign-in and testing tokens', async () => {
  const user = await person();
  await organisation(user);
  const session = await clerk.sessions.createSession({ userId: user.id });
  assert.equal(session.status, 'active');
  const { jwt } = await clerk.sessions.getToken(session.id);
  const template = await clerk.sessions.getToken(session.id, 'reporting');
  const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  assert.deepEqual([claims(jwt).sid, claims(template.jwt).sid], [session.id, undefined]);
  const listed = await clerk.sessions.getSessionList({ userId: user.id, status: 'active' });
  assert.deepEqual([listed.totalCount, listed.data[0].id], [1, session.id]);
  assert.equal((await clerk.sessions.revokeSession(session.id)).status, 'revoked');
  const token = await clerk.signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 600 });
  assert.deepEqual([token.status, token.userId], ['pending', user.id]);
  assert.equal((await clerk.signInTokens.revokeSignInToken(token.id)).status, 'revoked');
  const acting = await clerk.actorTokens.create({ userId: user.id, actor: { sub: 'user_opal' }, expiresInSeconds: 600 });
  assert.deepEqual([acting.status, acting.userId, acting.actor], ['pending', user.id, { sub: 'user_opal' }]);
  assert.equal((await clerk.actorTokens.revoke(acting.id)).status, 'revoked');
  await refused(clerk.actorTokens.revoke(acting.id), 400, 'actor_token_cannot_be_revoked_code');
  assert.ok((await clerk.testingTokens.createTestingToken()).token);
});

test('tokens: for longer, renewed, and the cookies of a handshake', async () => {
  const user = await person();
  const one = await organisation(user);
  const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  const session = await clerk.sessions.createSession({ userId: user.id });
  for (const template of [undefined, 'reporting']) {
    const { jwt } = await clerk.sessions.getToken(session.id, template, 600);
    assert.equal(claims(jwt).exp - claims(jwt).iat, 600);
  }
  await refused(clerk.sessions.getToken(session.id, undefined, 7), 422, 'form_param_value_invalid');

  // A browser signs in by a ticket, and the application's server asks for its cookies, as the SDK does.
  const { token: ticket } = await clerk.signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 60 });
  const origin = tenantry.app;
  const call = (path, form) => fetch(`${tenantry.clerk}/v1/${path}`, {
    method: 'POST', headers: { origin }, body: new URLSearchParams(form),
  }).then((answer) => answer.json());
  const { id: browser } = await call('dev_browser', {});
  const { response } = await call(`client/sign_ins?__clerk_db_jwt=${browser}`, { strategy: 'ticket', ticket });
  const query = new URLSearchParams({ redirect_url: `${origin}/`, __clerk_db_jwt: browser, format: 'nonce' });
  const shaken = await fetch(`${tenantry.clerk}/v1/client/handshake?${query}`, { redirect: 'manual' });
  const nonce = new URL(shaken.headers.get('location')).searchParams.get('__clerk_handshake_nonce');
  const { directives } = await clerk.clients.getHandshakePayload({ nonce });
  const cookie = (name) => directives.find((directive) => new RegExp(`^${name}`).test(directive)).split(';')[0].split('=')[1];
  assert.deepEqual([claims(cookie('__session')).sid, claims(cookie('__session')).o.id], [response.created_session_id, one.id]);
  await refused(clerk.clients.getHandshakePayload({ nonce: 'nobody' }), 404, 'resource_not_found');

  const refresh = { expired_token: cookie('__session='), refresh_token: cookie('__refresh_'), request_origin: origin };
  const renewed = await clerk.sessions.refreshSession(response.created_session_id, { ...refresh, format: 'token' });
  assert.equal(claims(renewed.jwt).sid, response.created_session_id);
  const { cookies } = await clerk.sessions.refreshSession(response.created_session_id, { ...refresh, format: 'cookie' });
  assert.ok(cookies.some((directive) => directive.startsWith('__session=')));
  await refused(clerk.sessions.refreshSession(response.created_session_id, { ...refresh, refresh_token: 'x' }), 401, 'refresh_token_not_found');
});

test('users: page after page by cursor, and their passwords', async () => {
  const made = [];
  for (let count = 0; count < 3; count += 1) made.push((await person()).id);
  const walked = [];
  for (let startingAfter; walked.length < 3;) {
    const { data } = await clerk.users.getUserList({ userId: made, limit: 1, startingAfter });
    walked.push(data[0].id);
    startingAfter = data[0].id;
  }
  assert.deepEqual(walked, [...made].reverse(), 'newest first, each once');
  await refused(clerk.users.getUserList({ userId: made, startingAfter: made[0], orderBy: 'email_address' }), 422, 'form_param_value_invalid');
  const changed = await clerk.users.updateUser(made[0], { password: 'correct horse' });
  assert.equal(changed.passwordEnabled, true);
  assert.deepEqual(await clerk.users.verifyPassword({ userId: made[0], password: 'correct horse' }), { verified: true });
  await refused(clerk.users.verifyPassword({ userId: made[0], password: 'wrong horse' }), 422, 'form_password_incorrect');
});

test('the instance: its keys and settings', async () => {
  assert.match((await clerk.instance.get()).id, /^ins_/);
  await clerk.instance.update({ allowedOrigins: [tenantry.app] });
  const settings = await clerk.instance.updateOrganizationSettings({ maxAllowedMemberships: 9 });
  assert.equal(settings.maxAllowedMemberships, 9);
  assert.equal((await clerk.instance.getOrganizationSettings()).maxAllowedMemberships, 9);
  await clerk.instance.updateOrganizationSettings({ maxAllowedMemberships: 0 });
  assert.equal((await clerk.jwks.getJwks()).keys[0].kty, 'RSA');
});
