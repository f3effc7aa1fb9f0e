// Nobody listens to webhooks: whoever was removed at Clerk loads no page longer than their last token lives.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { atClerk } from './support/clerk.mjs';
import { signIn } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const MAX = 'max+clerk_test@acme-provisions.example';
// A token is good for a minute, and clocks may differ by five seconds.
const BOUND = 65_000;

const tenantry = new Tenantry();
let worker;

// The process that looks into webhooks: a child of the one we started.
const workerOf = (parent) => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).find((pid) => {
  try {
    const [, above] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(above) === parent && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1] === 'work';
  } catch {
    return false; // It has just ended.
  }
});

// Before the house goes: a worker that stands still does not end.
after(() => {
  if (worker) process.kill(worker, 'SIGCONT');
});
const { person } = stage(tenantry);

test('without webhooks a removed member loads no page longer than a token lives', { timeout: 180_000 }, async () => {
  const { context, page } = await person();
  await signIn(page, tenantry, MAX);
  const reads = async () => {
    const answer = await page.goto(`${tenantry.app}/orgs/acme/runs`);
    return answer.status() === 200 && page.url().includes('/orgs/acme/');
  };
  assert.ok(await reads());

  worker = workerOf(tenantry.child.pid);
  assert.ok(worker, 'there is a worker');
  process.kill(worker, 'SIGSTOP');
  const { users, organizations } = await (await fetch(`${tenantry.mailbox}/control/state.json`)).json();
  const [max, acme] = [users.find((user) => user.email_address === MAX), organizations.find(({ slug }) => slug === 'acme')];
  await atClerk(tenantry, `/organizations/${acme.id}/memberships/${max.id}`, undefined, 'DELETE');

  const begun = Date.now();
  while (await reads()) {
    assert.ok(Date.now() - begun < BOUND, 'still answered');
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  // It was their only organisation: they are where organisations are chosen, and it is not among them.
  for (let again = 0; again < 3; again += 1) {
    assert.ok(!await reads());
    assert.match(page.url(), /\/organisations$/);
  }
  assert.doesNotMatch(await page.locator('main').innerText(), /acme/i);
  await context.close();
});
