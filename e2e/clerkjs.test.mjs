// The real ClerkJS, unmodified, from the path Clerk serves it from, against the local sandbox: everything a page does with it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { atClerk } from './support/clerk.mjs';
import { appears, signIn } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

// How a browser reaches Clerk. The flow is the same in all of them, and what it shows has to be, too.
const MODES = [
  { name: 'development keys, Clerk on a port of its own', options: [], keys: 'pk_test_', sameOrigin: false },
  { name: 'development keys, Clerk behind /__clerk', options: ['--clerk-proxy'], keys: 'pk_test_', sameOrigin: true },
  { name: 'production keys, Clerk on a port of its own', options: ['--clerk-production'], keys: 'pk_live_', sameOrigin: false },
  { name: 'production keys, Clerk behind /__clerk', options: ['--clerk-production', '--clerk-proxy'], keys: 'pk_live_', sameOrigin: true },
];
const MARY = 'mary+clerk_test@example.com';
// A token is good for a minute, and clocks may differ by five seconds.
const LONGER_THAN_A_TOKEN = 66_000;

const tenantry = new Tenantry('--no-seed');

const { person } = stage(tenantry);

// The landing page, which has no ClerkJS of its own, with the script element that signed-in pages have.
async function withClerk(page, { app, env }, sameOrigin) {
  await page.goto(app);
  const proxy = sameOrigin ? new URL(env.CLERK_PROXY_URL).pathname : env.CLERK_PROXY_URL;
  await page.evaluate(({ env, proxy }) => new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement('script'), { src: env.CLERK_JS_URL, crossOrigin: 'anonymous' });
    script.dataset.clerkPublishableKey = env.CLERK_PUBLISHABLE_KEY;
    script.dataset.clerkProxyUrl = proxy;
    script.addEventListener('load', resolve);
    script.addEventListener('error', reject);
    document.head.append(script);
  }), { env, proxy });
  await page.evaluate(() => window.Clerk.load({ telemetry: false }));
}

// Runs in the page.
async function flow(emailAddress) {
  const { Clerk } = window;
  const code = (error) => error.errors?.[0]?.code;
  const seen = {};
  const signUp = await Clerk.client.signUp.create({ emailAddress, firstName: 'Mary', lastName: 'Ward' });
  seen.wants = signUp.unverifiedFields;
  await signUp.prepareEmailAddressVerification({ strategy: 'email_code' });
  await signUp.attemptEmailAddressVerification({ code: '000000' }).catch((error) => { seen.wrongCode = code(error); });
  const done = await signUp.attemptEmailAddressVerification({ code: '424242' });
  await Clerk.setActive({ session: done.createdSessionId });
  seen.first = [Clerk.session.status, Clerk.session.currentTask?.key, Clerk.user.fullName];
  const first = await Clerk.createOrganization({ name: 'First', slug: 'first' });
  await Clerk.setActive({ organization: first.id });
  const second = await Clerk.createOrganization({ name: 'Second', slug: 'second' });
  await Clerk.createOrganization({ name: 'Again', slug: 'second' }).catch((error) => { seen.taken = code(error); });
  await Clerk.setActive({ organization: second.id });
  const token = await Clerk.session.getToken({ skipCache: true });
  const claims = JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
  seen.claims = [claims.v, claims.sts, claims.azp === location.origin, claims.o.id === second.id, claims.o.rol];
  seen.memberships = (await Clerk.user.getOrganizationMemberships()).total_count;
  const invitation = await Clerk.organization.inviteMember({ emailAddress: 'nina+clerk_test@example.com', role: 'org:member' });
  await Clerk.organization.inviteMember({ emailAddress: invitation.emailAddress, role: 'org:member' }).catch((error) => { seen.twice = code(error); });
  seen.invited = [invitation.status, (await Clerk.organization.getInvitations({ status: ['pending'] })).total_count];
  await Clerk.signOut(() => {});
  seen.out = [Clerk.user ?? null, Clerk.session ?? null];
  const signIn = await Clerk.client.signIn.create({ identifier: emailAddress });
  const factor = signIn.supportedFirstFactors.find((one) => one.strategy === 'email_code');
  await signIn.prepareFirstFactor({ strategy: 'email_code', emailAddressId: factor.emailAddressId });
  const back = await signIn.attemptFirstFactor({ strategy: 'email_code', code: '424242' });
  await Clerk.setActive({ session: back.createdSessionId });
  seen.back = [back.status, Clerk.session.status, Clerk.organization.slug];
  return seen;
}

const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const onPage = (page) => page.waitForFunction(() => window.Clerk?.loaded && window.Clerk.session);
const open = async (page, url) => {
  await page.goto(url);
  assert.equal(page.url(), url);
  await appears(page, page.getByRole('heading', { level: 1, name: 'Procedures' }));
  await onPage(page);
};

async function sessionCookie(context, app) {
  const cookie = (await context.cookies(app)).find(({ name }) => name === '__session');
  assert.ok(cookie, 'signed in');
  return claimsOf(cookie.value);
}

// Somebody new opens the link of the mail, and is in with the ticket alone.
async function joining(house, sameOrigin) {
  const { page, context, requests, complaints } = await person();
  const { mails } = await fetch(`${house.mailbox}/mails.json`).then((answer) => answer.json());
  const { link } = mails.find(({ to }) => to === 'nina+clerk_test@example.com');
  const ticket = new URL(link).searchParams.get('ticket');
  await withClerk(page, house, sameOrigin);
  const seen = await page.evaluate(async (ticket) => {
    const { Clerk } = window;
    const wrong = await Clerk.client.signIn.create({ strategy: 'ticket', ticket }).catch((error) => error.errors[0].code);
    const done = await Clerk.client.signUp.create({ strategy: 'ticket', ticket, firstName: 'Nina' });
    await Clerk.setActive({ session: done.createdSessionId });
    return [wrong, done.status, Clerk.organization.slug, Clerk.user.firstName];
  }, ticket);
  assert.deepEqual(seen, ['organization_invitation_identification_not_exist', 'complete', 'second', 'Nina']);
  await open(page, `${house.app}/orgs/second/procedures`);
  await context.close();
  return { requests, complaints };
}

// Two organisations, switched between in the page; what the server shows and the cookie says follow.
async function switching(page, context, { app }) {
  for (const slug of ['first', 'second', 'first']) {
    const active = await page.evaluate(async (slug) => {
      const { data } = await window.Clerk.user.getOrganizationMemberships();
      await window.Clerk.setActive({ organization: data.find(({ organization }) => organization.slug === slug).organization.id });
      return window.Clerk.organization.slug;
    }, slug);
    assert.equal(active, slug);
    assert.equal((await sessionCookie(context, app)).o.slg, slug);
    await open(page, `${app}/orgs/${slug}/procedures`);
  }
}

// ClerkJS gets a new token when the old one ends, and the server takes it without sending the browser round.
async function renewal(page, context, house, requests) {
  const before = await sessionCookie(context, house.app);
  const begun = requests.length;
  await page.waitForTimeout(LONGER_THAN_A_TOKEN);
  const token = claimsOf(await page.evaluate(() => window.Clerk.session.getToken()));
  const after = await sessionCookie(context, house.app);
  assert.ok(before.exp * 1000 < Date.now(), 'the first token has ended');
  for (const claims of [token, after]) {
    assert.ok(claims.exp * 1000 > Date.now() && claims.sid === before.sid, 'a new token of the same session');
    assert.deepEqual(claims.o, before.o);
  }
  await open(page, `${house.app}/orgs/first/procedures`);
  const since = requests.slice(begun).map(({ url }) => url);
  assert.ok(since.some((url) => url.startsWith(`${house.frontend}/v1/client/sessions/${before.sid}/tokens?`)), since.join('\n'));
  assert.deepEqual(since.filter((url) => url.includes('/v1/client/handshake')), []);
}

// Pages of Clerk's portal are pages: they and what they load may be Clerk's. Calls from the app's pages may not.
function nothingLeaves(requests, house, sameOrigin) {
  const own = new URL(house.app).origin;
  const clerk = new URL(house.clerk).origin;
  const origins = new Set(requests.map(({ origin }) => origin));
  assert.deepEqual([...origins].filter((origin) => ![own, clerk].includes(origin)), [], 'only the app and Clerk');
  const calls = requests.filter(({ from, page }) => from === own && !page);
  const base = `${house.frontend}/v1/`;
  assert.ok(calls.some(({ url }) => url.startsWith(`${base}client/sign_ups?`)), 'the calls were seen');
  assert.ok(calls.some(({ url }) => url.includes('/npm/@clerk/clerk-js@6/')), 'the script was seen');
  if (!sameOrigin) return;
  assert.deepEqual(calls.filter(({ origin }) => origin !== own).map(({ url }) => url), []);
  const pages = requests.filter(({ origin, page }) => page && origin === clerk).map(({ url }) => new URL(url).pathname);
  assert.deepEqual([...new Set(pages)].filter((path) => path.startsWith('/v1/')), [], 'handshakes go through the app as well');
}

describe('ClerkJS, unmodified', { concurrency: 2 }, () => {
  for (const { name, options, keys, sameOrigin } of MODES) {
    test(`signs up, creates and switches organisations, renews tokens, signs out and in again: ${name}`, { timeout: 240_000 }, async (t) => {
      const house = await new Tenantry('--no-seed', ...options).start();
      t.after(() => house.remove());
      assert.ok(house.env.CLERK_PUBLISHABLE_KEY.startsWith(keys));
      assert.equal(new URL(house.frontend).origin === new URL(house.app).origin, sameOrigin);
      const { page, context, requests, complaints } = await person();
      t.after(() => context.close());
      await withClerk(page, house, sameOrigin);
      const seen = await page.evaluate(flow, MARY);
      assert.deepEqual(seen, {
        wants: ['email_address'],
        wrongCode: 'form_code_incorrect',
        first: ['pending', 'choose-organization', 'Mary Ward'],
        taken: seen.taken,
        claims: [2, 'active', true, true, 'admin'],
        memberships: 2,
        twice: 'organization_invitation_not_unique',
        invited: ['pending', 1],
        out: [null, null],
        back: ['complete', 'active', 'second'],
      });
      assert.ok(seen.taken, 'a taken address has a code');

      const nina = await joining(house, sameOrigin);

      // What ClerkJS did in the browser, the server sees on the next page.
      await open(page, `${house.app}/orgs/first/procedures`);
      await switching(page, context, house);
      await renewal(page, context, house, requests);

      // A session cookie that is lost comes back by the handshake, without the person noticing.
      await context.clearCookies({ name: /^__session/ });
      await open(page, `${house.app}/orgs/first/procedures`);
      assert.ok(requests.some(({ url, page: isPage }) => isPage && url.startsWith(`${house.frontend}/v1/client/handshake?`)));

      // Out in the page is out at the server; in again by the hosted pages.
      await page.evaluate(() => window.Clerk.signOut(() => {}));
      assert.equal((await page.request.get(`${house.app}/orgs/first/procedures`, { maxRedirects: 0 })).ok(), false);
      await signIn(page, house, MARY);
      await open(page, `${house.app}/orgs/second/procedures`);

      nothingLeaves([...requests, ...nina.requests], house, sameOrigin);
      // ClerkJS warns on the landing page, where nobody told it what to do with a session that owes a task.
      assert.deepEqual([...complaints, ...nina.complaints].filter((line) => !line.includes('Session has pending tasks but no handling is configured')), []);
    });
  }
});

// What follows runs in pages, one function a step, each with what it needs.
const steps = {
  async signUp({ emailAddress, password, firstName }) {
    const { Clerk } = window;
    const signUp = await Clerk.client.signUp.create({ emailAddress, password, firstName });
    await signUp.prepareEmailAddressVerification({ strategy: 'email_code' });
    const done = await signUp.attemptEmailAddressVerification({ code: '424242' });
    await Clerk.setActive({ session: done.createdSessionId });
    return [done.status, Clerk.user.firstName, Clerk.user.passwordEnabled];
  },
  async signIn({ identifier, password }) {
    const { Clerk } = window;
    const done = await Clerk.client.signIn.create({ identifier, password }).catch((error) => error.errors[0].code);
    if (typeof done === 'string') return done;
    await Clerk.setActive({ session: done.createdSessionId });
    return done.status;
  },
  async createOrganisation({ name, slug }) {
    const { Clerk } = window;
    const made = await Clerk.createOrganization({ name, slug });
    await Clerk.setActive({ organization: made.id });
    return [Clerk.organization.slug, Clerk.user.organizationMemberships[0].role];
  },
  async invite({ emailAddress }) {
    return (await window.Clerk.organization.inviteMember({ emailAddress, role: 'org:member' })).status;
  },
  async acceptOwn() {
    const { Clerk } = window;
    const [invitation] = (await Clerk.user.getOrganizationInvitations({ status: 'pending' })).data;
    const { name } = invitation.publicOrganizationData;
    const accepted = await invitation.accept();
    const [membership] = (await Clerk.user.getOrganizationMemberships()).data;
    await Clerk.setActive({ organization: membership.organization.id });
    return [name, accepted.status, membership.role, Clerk.session.status];
  },
  async inviteSeveral({ emailAddresses }) {
    const { organization } = window.Clerk;
    const several = await organization.inviteMembers({ emailAddresses, role: 'org:member' });
    const statuses = several.map(({ status }) => status);
    const revoked = await several[0].revoke();
    const count = async (status) => (await organization.getInvitations({ status: [status] })).total_count;
    return [statuses, revoked.status, await count('pending'), await count('revoked')];
  },
  async members() {
    const { organization } = window.Clerk;
    const { data, total_count: total } = await organization.getMemberships();
    const admins = await organization.getMemberships({ role: ['org:admin'] });
    const roles = (await organization.getRoles()).data.map(({ key }) => key).sort();
    return [total, data.map(({ publicUserData, role }) => `${publicUserData.firstName} ${role}`), admins.total_count, roles];
  },
  async changeRole({ firstName, role }) {
    const { data } = await window.Clerk.organization.getMemberships();
    return (await data.find(({ publicUserData }) => publicUserData.firstName === firstName).update({ role })).role;
  },
  async stepDown() {
    const { Clerk } = window;
    return Clerk.organization.updateMember({ userId: Clerk.user.id, role: 'org:member' }).catch((error) => [error.status, error.errors[0].code]);
  },
  async leave() {
    const { Clerk } = window;
    await Clerk.user.leaveOrganization(Clerk.organization.id);
    await Clerk.user.reload();
    return Clerk.user.organizationMemberships.length;
  },
  async remove({ firstName }) {
    const { organization } = window.Clerk;
    const { data } = await organization.getMemberships();
    const { userId } = data.find(({ publicUserData }) => publicUserData.firstName === firstName).publicUserData;
    await organization.removeMember(userId);
    return (await organization.getMemberships()).total_count;
  },
  async rename({ name, slug }) {
    const changed = await window.Clerk.organization.update({ name, slug });
    return [changed.name, changed.slug];
  },
  async logo({ bytes }) {
    const { organization } = window.Clerk;
    const file = new File([new Uint8Array(bytes)], 'logo.png', { type: 'image/png' });
    const { hasImage, imageUrl } = await organization.setLogo({ file });
    const without = await organization.setLogo({ file: null });
    return { hasImage, imageUrl, after: without.hasImage };
  },
  async revokeOthers() {
    const { Clerk } = window;
    const sessions = await Clerk.user.getSessions();
    const other = sessions.find(({ id }) => id !== Clerk.session.id);
    await other.revoke();
    return [sessions.length, (await Clerk.user.getSessions()).map(({ id }) => id === Clerk.session.id)];
  },
  async isOut() {
    await window.Clerk.session.getToken({ skipCache: true }).catch(() => {});
    await window.Clerk.client.reload();
    return window.Clerk.client.sessions.length;
  },
  async changePassword({ currentPassword, newPassword }) {
    const { user } = window.Clerk;
    const wrong = await user.updatePassword({ currentPassword: 'not the one', newPassword }).catch((error) => error.errors[0].code);
    await user.updatePassword({ currentPassword, newPassword, signOutOfOtherSessions: true });
    return wrong;
  },
  async changeName({ firstName }) {
    return (await window.Clerk.user.update({ firstName })).fullName;
  },
  async destroy() {
    const { Clerk } = window;
    await Clerk.organization.destroy();
    await Clerk.user.reload();
    return Clerk.user.organizationMemberships.length;
  },
  async signOut() {
    await window.Clerk.signOut(() => {});
    return window.Clerk.user ?? null;
  },
  async deleteAccount() {
    const { Clerk } = window;
    await Clerk.user.delete();
    await Clerk.client.reload();
    return Clerk.client.sessions.length;
  },
};

describe('ClerkJS, unmodified: the life of an organisation', () => {
  for (const { name, options, sameOrigin } of [MODES[0], MODES[3]]) {
    test(name, { timeout: 120_000 }, async (t) => {
      const house = await new Tenantry('--no-seed', ...options).start();
      t.after(() => house.remove());
      const complaints = [];
      const somebody = async () => {
        const made = await person();
        t.after(() => made.context.close());
        complaints.push(made.complaints);
        await withClerk(made.page, house, sameOrigin);
        return { ...made, does: (step, argument) => made.page.evaluate(steps[step], argument) };
      };
      const [mary, nina] = [await somebody(), await somebody()];
      const NINA = 'nina+clerk_test@example.com';

      assert.deepEqual(await mary.does('signUp', { emailAddress: MARY, password: 'correct horse', firstName: 'Mary' }), ['complete', 'Mary', true]);
      assert.deepEqual(await mary.does('createOrganisation', { name: 'Acme', slug: 'acme' }), ['acme', 'org:admin']);
      assert.deepEqual(await nina.does('signUp', { emailAddress: NINA, password: 'battery staple', firstName: 'Nina' }), ['complete', 'Nina', true]);
      assert.equal(await mary.does('invite', { emailAddress: NINA }), 'pending');
      assert.deepEqual(await nina.does('acceptOwn'), ['Acme', 'accepted', 'org:member', 'active']);
      // The product keeps Clerk's limit at its smallest plan's; here it is Clerk that is looked at.
      const { id } = await atClerk(house, '/organizations/acme');
      await atClerk(house, `/organizations/${id}`, { max_allowed_memberships: 10 }, 'PATCH');
      const emailAddresses = ['olga+clerk_test@example.com', 'petra+clerk_test@example.com'];
      assert.deepEqual(await mary.does('inviteSeveral', { emailAddresses }), [['pending', 'pending'], 'revoked', 1, 1]);
      assert.deepEqual(await mary.does('members'), [2, ['Mary org:admin', 'Nina org:member'], 1, ['org:admin', 'org:member']]);
      assert.deepEqual(await mary.does('stepDown'), [400, 'organization_minimum_permissions_needed']);
      assert.equal(await mary.does('changeRole', { firstName: 'Nina', role: 'org:admin' }), 'org:admin');
      assert.equal(await nina.does('leave'), 0);

      // Signed in already, Nina opens the link of a second invitation: she is in when the page comes.
      assert.equal(await mary.does('invite', { emailAddress: NINA }), 'pending');
      const { mails } = await fetch(`${house.mailbox}/mails.json`).then((answer) => answer.json());
      await nina.page.goto(mails.find(({ to }) => to === NINA).link);
      await withClerk(nina.page, house, sameOrigin);
      assert.deepEqual(await nina.page.evaluate(() => [window.Clerk.session.status, window.Clerk.organization.slug]), ['active', 'acme']);
      assert.equal(await mary.does('remove', { firstName: 'Nina' }), 1);

      assert.deepEqual(await mary.does('rename', { name: 'Acme Provisions', slug: 'acme-provisions' }), ['Acme Provisions', 'acme-provisions']);
      const logo = await mary.does('logo', { bytes: [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0] });
      assert.deepEqual([logo.hasImage, logo.after], [true, false]);
      assert.match(logo.imageUrl, /^http/);

      const elsewhere = await somebody();
      assert.equal(await elsewhere.does('signIn', { identifier: MARY, password: 'not the one' }), 'form_password_incorrect');
      assert.equal(await elsewhere.does('signIn', { identifier: MARY, password: 'correct horse' }), 'complete');
      assert.deepEqual(await mary.does('revokeOthers'), [2, [true]]);
      assert.equal(await elsewhere.does('isOut'), 0);
      assert.equal(await mary.does('changePassword', { currentPassword: 'correct horse', newPassword: 'a new one altogether' }), 'form_password_incorrect');
      assert.equal(await mary.does('changeName', { firstName: 'May' }), 'May');

      assert.equal(await mary.does('destroy'), 0);
      assert.equal(await mary.does('signOut'), null);
      assert.equal(await mary.does('signIn', { identifier: MARY, password: 'correct horse' }), 'form_password_incorrect');
      assert.equal(await mary.does('signIn', { identifier: MARY, password: 'a new one altogether' }), 'complete');
      assert.equal(await mary.does('deleteAccount'), 0);
      assert.equal(await mary.does('signIn', { identifier: MARY, password: 'a new one altogether' }), 'form_identifier_not_found');
      assert.deepEqual(complaints.flat().filter((line) => !line.includes('Session has pending tasks but no handling is configured')), []);
    });
  }
});

test('an address without +clerk_test finds its code in the mailbox', async () => {
  const { page } = await person();
  await page.goto(`${tenantry.clerk}/sign-up?redirect_url=${encodeURIComponent(tenantry.app)}`);
  await page.getByLabel('Email address').fill('emmy@example.com');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Code', { exact: true }).waitFor();
  const [mail] = await fetch(`${tenantry.mailbox}/mails.json`).then((answer) => answer.json()).then((mails) => mails.mails ?? mails);
  await page.getByLabel('Code', { exact: true }).fill(mail.code);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { level: 1, name: /Welcome/ }).waitFor();
});

test('a redirect to another site is not followed', async () => {
  for (const path of ['/sign-in', '/v1/client/handshake']) {
    const answer = await fetch(`${tenantry.clerk}${path}?redirect_url=${encodeURIComponent('https://evil.example/')}`, { redirect: 'manual' });
    assert.ok(!(answer.headers.get('location') ?? '').startsWith('https://evil'), path);
  }
});
