// An open page hears within a second that its person's role, membership or session changed, here or at Clerk.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { test } from 'node:test';
import { accessible, output } from './support/browser.mjs';
import { atClerk, idOf } from './support/clerk.mjs';
import { createOrganisation, signIn, signUp } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry('--no-seed');
// Milliseconds until an open page says it: after the answer to whoever changed it here, or to Clerk's event about it.
const BOUND = 1000;
const ADA = 'ada+clerk_test@acme.example';
const MAX = 'max+clerk_test@acme.example';
let ada;
let max;
let ids;

const { person } = stage(tenantry, async () => {
  ada = await person();
  await signUp(ada.page, tenantry, { first: 'Ada', last: 'Brandt', email: ADA });
  await createOrganisation(ada.page, tenantry, 'Acme Provisions', 'acme');
  max = await person();
  await signUp(max.page, tenantry, { first: 'Max', last: 'Oyelaran', email: MAX });
  ids = { acme: (await clerk('/organizations/acme')).id, max: await idOf(tenantry, MAX) };
});

// As Clerk's own dashboard would.
const clerk = (...call) => atClerk(tenantry, ...call);

async function join(role = 'org:member') {
  await clerk(`/organizations/${ids.acme}/memberships`, { user_id: ids.max, role });
}

// Opens a page and waits until it listens.
async function opens(page, path) {
  for (let tries = 0; tries < 20; tries += 1) {
    const listens = page.waitForResponse((answer) => answer.url().includes('/live'), { timeout: 5000 }).catch(() => null);
    const loaded = await page.goto(`${tenantry.app}${path}`);
    if (loaded.status() === 200 && (await listens)?.status() === 200) return;
    await page.waitForTimeout(250);
  }
  assert.fail(`${path} does not listen`);
}

// Milliseconds until the page says it, from when the form on another page was answered.
async function says(page, words, other, press) {
  const started = Date.now();
  const answered = other.waitForResponse((answer) => answer.request().method() === 'POST').then(() => Date.now());
  const pressed = press();
  await page.getByText(words).first().waitFor({ timeout: 10_000 });
  const heard = Date.now();
  const after = heard - await answered;
  await pressed;
  console.log(`  said ${heard - started} ms after the change was asked for, ${after} ms after it was answered: ${words}`);
  assert.ok(after < BOUND, `${after} ms`);
}

// The same of a change at Clerk, from when Clerk's event about it was acknowledged.
async function saysAfterClerk(page, words, kind, change) {
  const started = Date.now();
  await change();
  await page.getByText(words).first().waitFor({ timeout: 10_000 });
  const heard = Date.now();
  const acknowledged = await acknowledgedSince(started, kind);
  console.log(`  said ${heard - started} ms after the change at Clerk, ${heard - acknowledged} ms after ${kind} was acknowledged: ${words}`);
  assert.ok(heard - acknowledged < BOUND, `${heard - acknowledged} ms`);
}

// When the application answered the event of this kind that was sent since then.
async function acknowledgedSince(started, kind) {
  for (let tries = 0; tries < 50; tries += 1) {
    const { deliveries } = await (await fetch(`${tenantry.mailbox}/control/state.json`)).json();
    const found = deliveries.find((one) => one.type === kind && one.created_at >= started && one.status === 'delivered');
    if (found) return found.answered_at;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return assert.fail(`no ${kind} was acknowledged`);
}

test('a role that changes at Clerk is said in the open page', async () => {
  await join();
  await opens(max.page, '/orgs/acme/runs');
  const membership = `/organizations/${ids.acme}/memberships/${ids.max}`;
  const changes = (role) => () => clerk(membership, { role }, 'PATCH');
  const kind = 'organizationMembership.updated';
  await saysAfterClerk(max.page, 'Your role changed: you are now an admin.', kind, changes('org:admin'));
  await accessible(max.page, 'role changed');
  await max.page.screenshot({ path: `${output}live-role.png` });
  // What it says can be followed, and then is not said again.
  await max.page.getByRole('link', { name: 'Load the page again' }).click();
  await max.page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
  await max.page.waitForTimeout(500);
  assert.equal(await max.page.getByText('Your role changed').count(), 0);
  await saysAfterClerk(max.page, 'Your role changed: you are now a member.', kind, changes('org:member'));
});

test('a role that is changed here is said in the other person’s open page', async () => {
  await opens(max.page, '/orgs/acme/procedures');
  for (const [role, words] of [['Admin', 'you are now an admin.'], ['Member', 'you are now a member.']]) {
    await ada.page.goto(`${tenantry.app}/orgs/acme/settings/members/${ids.max}`);
    await ada.page.getByRole('radio', { name: new RegExp(`^${role}`) }).check();
    await says(max.page, `Your role changed: ${words}`, ada.page, () => ada.page.getByRole('button', { name: 'Save roles' }).click());
    await ada.page.waitForURL('**/settings/members');
  }
});

test('a membership that ends at Clerk replaces the page with the reason, and nobody else’s page', async () => {
  await opens(ada.page, '/orgs/acme/runs');
  await opens(max.page, '/orgs/acme/procedures');
  await saysAfterClerk(max.page, 'You are no longer a member of Acme Provisions', 'organizationMembership.deleted', () =>
    clerk(`/organizations/${ids.acme}/memberships/${ids.max}`, undefined, 'DELETE'));
  assert.equal(await max.page.getByRole('link', { name: 'Runs', exact: true }).count(), 0, 'nothing of the page is left');
  await accessible(max.page, 'no longer a member');
  await max.page.screenshot({ path: `${output}live-gone.png` });
  await max.page.getByRole('link', { name: 'Go to your organisations' }).click();
  await max.page.waitForURL('**/organisations');
  await ada.page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
});

test('whoever leaves in one tab is out in the other within a second', async () => {
  await join();
  await opens(max.page, '/orgs/acme/runs');
  const other = await max.context.newPage();
  await other.goto(`${tenantry.app}/account`);
  await other.getByRole('button', { name: 'Leave Acme Provisions' }).click();
  await says(max.page, 'You are no longer a member of Acme Provisions', other, () =>
    other.getByRole('dialog').getByRole('button', { name: 'Leave Acme Provisions' }).click());
  await other.getByText('You have left the organisation.').waitFor();
  await other.close();
});

test('a session that is ended elsewhere says so in its page', async () => {
  const phone = await person();
  await signIn(phone.page, tenantry, ADA);
  await opens(phone.page, '/orgs/acme/runs');
  await ada.page.goto(`${tenantry.app}/account`);
  await says(phone.page, 'You were signed out', ada.page, () => ada.page.getByRole('button', { name: 'End all others' }).click());
  await ada.page.getByText('All other sessions are ended.').waitFor();
  await phone.context.close();
});

test('a page whose server is gone says so after five seconds, and recovers by itself', async () => {
  await opens(ada.page, '/orgs/acme/runs');
  await ada.context.setOffline(true);
  // Requests that have begun go on: the stream is ended by hand.
  await ada.page.evaluate(() => window.dispatchEvent(new Event('pagehide')));
  await ada.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await ada.page.waitForTimeout(2500);
  assert.equal(await ada.page.getByText('Reconnecting…').count(), 0);
  await ada.page.getByText('Reconnecting…').waitFor({ timeout: 6000 });
  await ada.context.setOffline(false);
  await ada.page.getByText('Reconnecting…').waitFor({ state: 'detached', timeout: 20_000 });
});

// The server's process, and what it takes of memory, in KB.
function server() {
  const field = (pid, name) => readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))?.[1];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const ours = Number(field(pid, 'PPid')) === tenantry.child.pid;
      if (ours && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === 'serve') return () => Number(field(pid, 'VmRSS'));
    } catch {
      // Ended meanwhile.
    }
  }
  return assert.fail('no server');
}

test('a thousand open pages take little, and let a server go that is asked to end', async () => {
  await opens(ada.page, '/orgs/acme/runs');
  const memory = server();
  const cookie = (await ada.context.cookies(tenantry.app)).map(({ name, value }) => `${name}=${value}`).join('; ');
  const agent = new Agent({ maxSockets: Infinity, keepAlive: false });
  const one = () => new Promise((resolve, reject) => {
    const ask = get(`${tenantry.app}/orgs/acme/live`, { agent, headers: { cookie, 'sec-fetch-dest': 'empty' } }, (answer) => {
      answer.on('error', () => {});
      answer.once('data', () => resolve(answer));
      answer.resume();
      if (answer.statusCode !== 200) reject(new Error(`${answer.statusCode}`));
    });
    ask.on('error', reject);
  });
  // The first ones fill the pools.
  const streams = await Promise.all(Array.from({ length: 20 }, one));
  const before = memory();
  for (let tens = 0; tens < 100; tens += 1) streams.push(...await Promise.all(Array.from({ length: 10 }, one)));
  const each = (memory() - before) / 1000;
  console.log(`  ${each.toFixed(1)} KB each of 1,000 open streams (${before} KB before)`);
  assert.ok(each < 64, `${each} KB`);
  const started = Date.now();
  await ada.page.goto(`${tenantry.app}/orgs/acme/procedures`);
  console.log(`  a page beside them: ${Date.now() - started} ms`);
  const ended = Promise.all(streams.map((stream) => new Promise((resolve) => { stream.once('close', resolve); })));
  const asked = Date.now();
  await tenantry.stop();
  await ended;
  console.log(`  all ended, ${Date.now() - asked} ms after the server was asked to`);
  assert.ok(Date.now() - asked < 10_000);
});

test('nothing was complained about', () => {
  for (const one of [ada, max]) {
    const ours = one.complaints.filter((line) => !/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|Failed to load resource/.test(line));
    assert.deepEqual(ours, []);
  }
});
