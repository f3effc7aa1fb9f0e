// The journey of an invitation, in real browsers: from the form over the mail to the organisation, and every way it ends.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { accessible } from './support/browser.mjs';
import { atClerk, idOf } from './support/clerk.mjs';
import { arrives, createOrganisation, signIn, signOut, signUp } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry('--no-seed');
const people = {};

const { person, window } = stage(tenantry, async () => {
  for (const [name, first, last] of [['grace', 'Grace', 'Hopper'], ['joan', 'Joan', 'Clarke'], ['walt', 'Walt', 'Whitman']]) {
    people[name] = await person();
    await signUp(people[name].page, tenantry, { first, last, email: address(name) });
  }
  await createOrganisation(people.grace.page, tenantry, 'Acme Provisions', 'acme');
  await createOrganisation(people.joan.page, tenantry, 'Bolt Cycles', 'bolt');
});

const address = (name) => `${name}+clerk_test@acme.example`;
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const members = (slug) => `${tenantry.app}/orgs/${slug}/settings/members`;

// Fills in the form; the answers, by address.
async function invite(page, slug, addresses, { role = /^Member/, custom = [] } = {}) {
  await page.goto(`${members(slug)}/invite`);
  await page.getByLabel('Email addresses').fill(addresses);
  await page.getByRole('radio', { name: role }).check();
  for (const name of custom) await page.getByRole('checkbox', { name }).check();
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  await page.locator('#results').waitFor();
}

// The link of the newest mail to somebody, once it is another than the one before.
async function link(to, before) {
  for (let tries = 0; tries < 80; tries += 1) {
    const { mails } = await fetch(`${tenantry.mailbox}/mails.json`).then((answer) => answer.json());
    const found = mails.find((mail) => mail.to === to && mail.link);
    if (found && found.link !== before) return found.link;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return assert.fail(`no mail with a link to ${to}`);
}

// Our own address of an invitation, which the mail's link leads to.
async function offer(page, url) {
  await page.goto(url);
  const { pathname } = new URL(page.url());
  assert.match(pathname, /^\/invitations\/org_/);
  return tenantry.app + pathname;
}

// Nothing is there for somebody who is out: no page, or the list of their organisations once Clerk knows it too.
async function out(page, url) {
  const answer = await page.goto(url);
  assert.ok(answer.status() === 404 || page.url() === `${tenantry.app}/organisations`, `${answer.status()} at ${page.url()}`);
}

// What takes a month in life.
function sql(statement) {
  const superuser = tenantry.env.OWNER_DATABASE_URL.replace(/\/\/[^@]*@/, '//postgres@');
  execFileSync('psql', ['-v', 'ON_ERROR_STOP=1', '-c', statement, superuser]);
}

test('a list is pasted, and each address gets its own answer', async () => {
  const { page } = people.grace;
  await page.goto(members('acme'));
  await page.getByText('1 of 3 places taken').waitFor();
  await accessible(page, 'members, alone');
  await page.getByRole('link', { name: 'Invite people' }).click();
  await accessible(page, 'invite');
  await invite(page, 'acme', `"Nina, N." <${address('nina').toUpperCase()}>; ${address('grace')}\nnobody, ${address('joan')}\n${address('vera')}`, {
    custom: ['Report-viewer'],
  });
  for (const [who, answer] of [['nina', 'Invited'], ['grace', 'Belongs here, as admin'], ['joan', 'Invited'], ['vera', 'No place left']]) {
    await page.locator('#results li', { hasText: address(who) }).getByText(answer).waitFor();
  }
  await page.locator('#results li', { hasText: 'It has no @.' }).waitFor();
  assert.equal(await page.getByLabel('Email addresses').inputValue(), `nobody\n${address('vera')}`);
  await accessible(page, 'invite, results');
  await page.goto(members('acme'));
  await page.getByText('3 of 3 places taken').waitFor();
  await accessible(page, 'members, with pending');
});

test('somebody new comes in by the mail, with the roles they were given', async () => {
  people.nina = await person();
  const { page } = people.nina;
  const mail = await link(address('nina'));
  await offer(page, mail);
  await heading(page, 'Join Acme Provisions');
  await page.getByText('Member, Report-viewer').waitFor();
  await accessible(page, 'invitation, signed out');
  await page.getByRole('link', { name: 'Create your account' }).click();
  await page.getByLabel('First name').fill('Nina');
  await page.getByLabel('Last name').fill('Simone');
  await page.getByRole('button', { name: 'Create the account and join' }).click();
  await arrives(page, `${tenantry.app}/orgs/acme/my-work`);
  await page.goto(members('acme'));
  const row = page.getByRole('row', { name: /Nina Simone/ });
  await row.getByText('Report-viewer').waitFor();
  // She may look, and no more.
  assert.equal(await page.getByRole('link', { name: 'Invite people' }).count(), 0);
  assert.equal(await page.getByRole('button', { name: /^Actions for Grace/ }).count(), 0);
  await accessible(page, 'members, as a member');
});

test('a person of another organisation, signed in, is in both and has lost nothing', async () => {
  const { page } = people.joan;
  await page.goto(`${tenantry.app}/orgs/bolt/runs`);
  await page.getByRole('button', { name: /Switch organisation/ }).click();
  await page.getByRole('button', { name: 'Accept the invitation to Acme Provisions' }).waitFor();
  await accessible(page, 'switcher with an invitation');
  await page.goto(await link(address('joan')));
  await arrives(page, `${tenantry.app}/orgs/acme/my-work`);
  await page.goto(`${tenantry.app}/orgs/bolt/settings/members`);
  await page.getByRole('row', { name: /Joan Clarke/ }).getByText('Admin').waitFor();
});

test('there is no more room than the plan has', async () => {
  const { page } = people.grace;
  await invite(page, 'acme', address('vera'));
  await page.getByRole('heading', { name: 'Nobody was invited' }).waitFor();
  await page.locator('#results').getByText('No place left').waitFor();
  await accessible(page, 'invite, nobody');

  // Invited on a larger plan than there is when they answer.
  sql("update tenantry.organisations set plan = 'team' where slug = 'acme'");
  await invite(page, 'acme', address('walt'));
  sql("update tenantry.organisations set plan = 'free' where slug = 'acme'");
  const walt = people.walt.page;
  await walt.goto(`${tenantry.app}/organisations`);
  await walt.getByRole('link', { name: 'Acme Provisions' }).click();
  await walt.getByRole('button', { name: 'Join Acme Provisions' }).click();
  await heading(walt, 'No place is left in Acme Provisions');
  await accessible(walt, 'invitation, no place');
  await walt.getByRole('link', { name: 'Your organisations' }).click();
  await walt.getByRole('button', { name: 'Decline the invitation to Acme Provisions' }).click();
  await walt.getByText('You have declined the invitation').waitFor();
});

test('a person without an organisation accepts in the app, from the list', async () => {
  await invite(people.joan.page, 'bolt', address('walt'), { role: /^Admin/ });
  const mail = await link(address('walt'));
  const { page } = people.walt;
  await page.goto(`${tenantry.app}/organisations`);
  await page.getByRole('heading', { name: 'You are invited to' }).waitFor();
  await accessible(page, 'organisations with an invitation');
  await page.getByRole('button', { name: 'Accept the invitation to Bolt Cycles' }).click();
  await arrives(page, `${tenantry.app}/orgs/bolt/my-work`);
  await page.getByText('You belong to this organisation now').waitFor();
  // The link in the mail has done its work already: Clerk says so, and our own address still leads in.
  await page.goto(mail);
  await heading(page, /taken back|used|does not work/);
});

test('a member who is invited at another address of theirs is told, and nothing changes', async () => {
  const { page } = people.joan;
  const before = await link(address('walt'));
  await invite(page, 'bolt', 'second+clerk_test@acme.example');
  const mail = await link('second+clerk_test@acme.example', before);
  // Walt adds the address to his account at Clerk.
  const walts = await idOf(tenantry, address('walt'));
  const visitor = await person();
  const ours = await offer(visitor.page, mail);
  await visitor.context.close();
  await atClerk(tenantry, '/email_addresses', { user_id: walts, email_address: 'second+clerk_test@acme.example', verified: true });
  for (let tries = 0; ; tries += 1) {
    await people.walt.page.goto(ours);
    if (await people.walt.page.getByRole('heading', { name: 'You belong to Bolt Cycles already' }).count()) break;
    assert.ok(tries < 40, await people.walt.page.locator('body').innerText());
    await people.walt.page.waitForTimeout(250);
  }
  await people.walt.page.getByText('as Admin').waitFor();
  await accessible(people.walt.page, 'invitation, already a member');
  await people.walt.page.getByRole('button', { name: 'Decline the invitation' }).click();
  await people.walt.page.getByText('You have declined the invitation').waitFor();
});

test('the wrong account is told whose invitation it is, and can change to the right one', async () => {
  await invite(people.joan.page, 'bolt', address('vera'));
  const mail = await link(address('vera'));
  const { page } = people.nina;
  await offer(page, mail);
  await heading(page, 'This invitation is for another account');
  for (const who of ['vera', 'nina']) await page.getByText(address(who), { exact: true }).first().waitFor();
  await accessible(page, 'invitation, wrong account');
  await page.getByRole('button', { name: 'Sign out and use the other account' }).click();
  await heading(page, 'Join Bolt Cycles');
});

test('one that was taken back or has expired says so to whoever was invited, and nothing to anybody else', async () => {
  const { page } = people.joan;
  const stranger = await person();
  const vera = await person();
  await signUp(vera.page, tenantry, { first: 'Vera', last: 'Rubin', email: address('vera') });
  const mail = await link(address('vera'));
  const ours = await offer(stranger.page, mail);

  sql("update tenantry.invitations set expires_at = now() - interval '1 hour' where state = 'pending'");
  await stranger.page.goto(ours);
  await heading(stranger.page, 'This invitation does not work');
  await accessible(stranger.page, 'invitation, unknown');
  await vera.page.goto(ours);
  await heading(vera.page, 'This invitation has expired');
  await accessible(vera.page, 'invitation, expired');
  await page.goto(members('bolt'));
  await page.getByRole('row', { name: new RegExp(`^${address('vera').replace('+', '\\+')}`) }).getByText('Expired').waitFor();
  await accessible(page, 'members, expired');

  // Sent again it is good again, with another link.
  sql("update tenantry.invitations set asked_at = now() - interval '1 hour' where state = 'pending'");
  await page.getByRole('button', { name: `Resend to ${address('vera')}` }).click();
  await page.getByText('A new mail is on its way').waitFor();
  await link(address('vera'), mail);
  await vera.page.goto(ours);
  await heading(vera.page, 'Join Bolt Cycles');
  await accessible(vera.page, 'invitation, to be answered');

  await page.getByRole('button', { name: `Revoke the invitation of ${address('vera')}` }).click();
  await page.getByText('The invitation is revoked').waitFor();
  await vera.page.getByRole('button', { name: 'Join Bolt Cycles' }).click();
  await heading(vera.page, 'This invitation cannot be accepted');
  await vera.page.goto(ours);
  await heading(vera.page, 'This invitation was taken back');
  await stranger.page.goto(ours);
  await heading(stranger.page, 'This invitation does not work');
  await vera.context.close();
  await stranger.context.close();
});

test('roles are changed, members removed, and the last admin stays', async () => {
  const { page } = people.joan;
  await page.goto(members('bolt'));
  await page.getByRole('button', { name: 'Actions for Walt Whitman' }).click();
  await page.getByRole('link', { name: 'Change roles' }).click();
  await accessible(page, 'roles of a member');
  await page.getByRole('radio', { name: /^Member/ }).check();
  await page.getByRole('checkbox', { name: 'Billing-admin' }).check();
  await page.getByRole('button', { name: 'Save roles' }).click();
  await page.getByText('The roles are changed.').waitFor();
  await page.getByRole('row', { name: /Walt Whitman/ }).getByText('Billing-admin').waitFor();
  await page.getByRole('searchbox').fill('joan');
  await page.getByRole('row', { name: /Walt Whitman/ }).waitFor({ state: 'detached' });
  assert.match(page.url(), /q=joan/);
  await page.goto(members('bolt'));

  await page.getByRole('button', { name: 'Actions for Joan Clarke' }).click();
  await page.getByRole('link', { name: 'Leave organisation' }).click();
  await page.getByText('You are the last admin.').waitFor();
  await accessible(page, 'leave, last admin');

  await page.goto(members('bolt'));
  await page.getByRole('button', { name: 'Actions for Walt Whitman' }).click();
  await page.getByRole('link', { name: 'Remove from organisation' }).click();
  await accessible(page, 'remove a member');
  await page.getByRole('button', { name: 'Remove Walt Whitman' }).click();
  await page.getByText('They are out, in open pages too.').waitFor();
  await out(people.walt.page, `${tenantry.app}/orgs/bolt/runs`);
});

test('whoever leaves says so twice, and is out', async () => {
  const nina = await person();
  const { page } = nina;
  await signIn(page, tenantry, address('nina'));
  await page.goto(`${members('acme')}/leave`);
  await accessible(page, 'leave');
  await page.getByRole('button', { name: 'Leave organisation' }).click();
  assert.ok(page.url().endsWith('/leave'), 'the tick is asked for');
  await page.getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Leave organisation' }).click();
  await page.getByText('You have left the organisation.').waitFor();
  await out(page, members('acme'));
  people.ninaAgain = nina;
});

test('an organisation that is gone is named to whoever was invited', async () => {
  const { page } = people.walt;
  await invite(people.joan.page, 'bolt', address('walt'));
  let ours;
  for (let tries = 0; !ours; tries += 1) {
    await page.goto(`${tenantry.app}/organisations`);
    const found = page.locator('main a[href^="/invitations/"]');
    if (await found.count()) ours = await found.first().getAttribute('href');
    assert.ok(tries < 40, 'the invitation is not in the list');
  }
  sql("update tenantry.organisations set deleted_at = now() where slug = 'bolt'");
  await page.goto(tenantry.app + ours);
  await heading(page, 'This organisation was deleted');
  await accessible(page, 'invitation, organisation deleted');
});

test('without script every step of it works', async () => {
  const plain = await window({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  await plain.addCookies(await people.grace.context.cookies());
  const page = await plain.newPage();
  await page.goto(`${members('acme')}?q=grace`);
  await page.getByRole('row', { name: /Grace Hopper/ }).waitFor();
  await page.getByLabel('Role').selectOption('Member');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('Nobody is found').waitFor();
  await invite(page, 'acme', address('walt'));
  await page.locator('#results').getByText('Invited', { exact: true }).waitFor();
  await plain.close();
});

test('no page complained', async () => {
  for (const { complaints } of Object.values(people)) assert.deepEqual(complaints, []);
  await signOut(people.grace.page);
});
