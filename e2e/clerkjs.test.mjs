// The real ClerkJS, unmodified, from the path Clerk serves it from, against the local sandbox: everything a page does with it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, person } from './support/browser.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry('--no-seed');
let browser;

before(async () => {
  browser = await launch();
  await tenantry.start();
});
after(async () => {
  await browser?.close();
  await tenantry.remove();
});

// The landing page, which has no ClerkJS of its own, with the script element that signed-in pages have.
async function withClerk(page) {
  await page.goto(tenantry.app);
  await page.evaluate(({ CLERK_JS_URL, CLERK_PUBLISHABLE_KEY, CLERK_PROXY_URL }) => new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement('script'), { src: CLERK_JS_URL, crossOrigin: 'anonymous' });
    script.dataset.clerkPublishableKey = CLERK_PUBLISHABLE_KEY;
    script.dataset.clerkProxyUrl = CLERK_PROXY_URL;
    script.addEventListener('load', resolve);
    script.addEventListener('error', reject);
    document.head.append(script);
  }), tenantry.env);
  await page.evaluate(() => window.Clerk.load({ telemetry: false }));
}

test('ClerkJS signs up, creates and switches organisations, renews tokens, signs out and in again', async () => {
  const { page, hosts } = await person(browser);
  await withClerk(page);
  const seen = await page.evaluate(async () => {
    const { Clerk } = window;
    const code = (error) => error.errors?.[0]?.code;
    const seen = {};
    const signUp = await Clerk.client.signUp.create({ emailAddress: 'mary+clerk_test@example.com', firstName: 'Mary', lastName: 'Ward' });
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
    await Clerk.signOut(() => {});
    seen.out = [Clerk.user ?? null, Clerk.session ?? null];
    const signIn = await Clerk.client.signIn.create({ identifier: 'mary+clerk_test@example.com' });
    const factor = signIn.supportedFirstFactors.find((one) => one.strategy === 'email_code');
    await signIn.prepareFirstFactor({ strategy: 'email_code', emailAddressId: factor.emailAddressId });
    const back = await signIn.attemptFirstFactor({ strategy: 'email_code', code: '424242' });
    await Clerk.setActive({ session: back.createdSessionId });
    seen.back = [back.status, Clerk.session.status, Clerk.organization.slug];
    return seen;
  });
  assert.deepEqual(seen, {
    wants: ['email_address'],
    wrongCode: 'form_code_incorrect',
    first: ['pending', 'choose-organization', 'Mary Ward'],
    taken: seen.taken,
    claims: [2, 'active', true, true, 'admin'],
    memberships: 2,
    out: [null, null],
    back: ['complete', 'active', 'second'],
  });
  assert.ok(seen.taken, 'a taken address has a code');
  assert.deepEqual([...hosts].filter((host) => ![tenantry.app, tenantry.clerk].map((url) => new URL(url).host).includes(host)), []);

  // What ClerkJS did in the browser, the server sees on the next page.
  await page.goto(`${tenantry.app}/orgs/first/procedures`);
  assert.ok(page.url().endsWith('/orgs/first/procedures'), page.url());
  await page.getByRole('heading', { level: 1, name: 'Procedures' }).waitFor();

  // A session cookie that is lost comes back by the handshake, without the person noticing.
  await page.waitForFunction(() => window.Clerk?.loaded);
  await page.context().clearCookies({ name: /^__session/ });
  await page.goto(`${tenantry.app}/orgs/first/procedures`);
  await page.getByRole('heading', { level: 1, name: 'Procedures' }).waitFor();
});

test('an address without +clerk_test finds its code in the mailbox', async () => {
  const { page } = await person(browser);
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
