// The end of an organisation in a real browser: asked for, stopped, come to while Stripe is dark, what members and admins see on
// the days 0, 23, 29 and 30, restored, and on day 31 erased.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { output, pictures } from './support/browser.mjs';
import { appears, arrives, signIn } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry();
const { person } = stage(tenantry);
const root = new URL('..', import.meta.url).pathname;
const at = (rest) => `${tenantry.app}/orgs/acme/${rest}`;

let ada;
let max;
let id;

async function control(path, body) {
  const answer = await fetch(`${tenantry.mailbox}/control${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`);
}

// What takes days in life.
function daysPass(days) {
  tenantry.sql(`update tenantry.organisations set deleted_at = deleted_at - interval '${24 * days} hours',
                erase_at = erase_at - interval '${24 * days} hours' where id = '${id}'`);
}

function tenantryDoes(...words) {
  return execFileSync(`${root}target/debug/tenantry`, words, { env: { ...process.env, ...tenantry.env }, encoding: 'utf8' });
}

async function asks(page) {
  await page.goto(at('settings/delete'));
  await page.getByLabel('Type Acme Provisions to confirm').fill('Acme Provisions');
  await page.getByRole('button', { name: 'Delete Acme Provisions' }).click();
}

test('what goes and what is owed is said, and only an admin who types the name deletes', async () => {
  ada = (await person()).page;
  max = (await person()).page;
  await signIn(ada, tenantry, 'ada+clerk_test@acme-provisions.example');
  await signIn(max, tenantry, 'max+clerk_test@acme-provisions.example');
  assert.equal((await max.goto(at('settings/delete'))).status(), 403);
  await ada.goto(at('settings/profile'));
  await ada.getByRole('link', { name: 'Delete organisation' }).click();
  await appears(ada, ada.getByRole('heading', { name: 'Delete Acme Provisions?' }));
  await appears(ada, ada.getByText(/stays as credit|Final invoice:/));
  id = await ada.evaluate(() => document.body.dataset.organisation);
  await pictures(ada, 'delete-ask');
  await ada.getByLabel('Type Acme Provisions to confirm').fill('Bolt Cycles');
  await ada.getByRole('button', { name: 'Delete Acme Provisions' }).click();
  await appears(ada, ada.getByText('Type the name as it stands here: Acme Provisions'));
});

test('while Stripe is dark it is visibly closing, everything can be read and nothing changed, and once it answers it is deleted', async () => {
  await control('/faults', { kind: 'error', api: 'stripe', times: 400 });
  await max.goto(at('runs'));
  await asks(ada);
  await appears(ada, ada.getByRole('heading', { name: 'Acme Provisions is being deleted' }));
  await ada.getByText('Stripe, which the plan is paid through, does not answer.').waitFor({ timeout: 20_000 });
  await pictures(ada, 'closing');
  await max.goto(at('procedures'));
  await appears(max, max.getByText('This organisation is being deleted.'));
  await control('/faults/clear', {});
  // The page hears of it by itself.
  await ada.getByRole('heading', { name: 'Acme Provisions was deleted' }).waitFor({ timeout: 90_000 });
});

test('day 0: members are told, admins restore; nothing of it is left open', async () => {
  await ada.goto(at('runs'));
  await arrives(ada, `${tenantry.app}/deleted/${id}`);
  await appears(ada, ada.getByRole('heading', { name: 'Acme Provisions was deleted' }));
  await appears(ada, ada.getByText('30 days left to restore it').first());
  await pictures(ada, 'deleted-admin');
  // The page that max left open has heard of it.
  await appears(max, max.getByRole('heading', { name: 'Acme Provisions was deleted' }));
  await max.goto(at('runs'));
  await arrives(max, `${tenantry.app}/deleted/${id}`);
  assert.equal(await max.getByRole('button', { name: /Restore/ }).count(), 0);
  await pictures(max, 'deleted-member');
  assert.equal((await max.request.post(`${tenantry.app}/deleted/${id}/restore`, { headers: { origin: tenantry.app } })).status(), 403);
  await max.goto(`${tenantry.app}/organisations`);
  await appears(max, max.getByText('30 days left to restore it'));
  await max.screenshot({ path: `${output}organisations-deleted.png` });
});

test('day 0: admins take its data along, and nobody else', async () => {
  await ada.getByRole('link', { name: 'Export everything' }).click();
  await appears(ada, ada.getByRole('heading', { name: 'Take the data along' }));
  await ada.getByRole('button', { name: 'Prepare export' }).click();
  await appears(ada, ada.getByText('The export is being prepared.'));
  const link = ada.getByRole('link', { name: /^Download the export of/ });
  await appears(ada, link);
  await pictures(ada, 'deleted-export');
  const [file] = await Promise.all([ada.waitForEvent('download'), link.click()]);
  assert.match(file.suggestedFilename(), /^acme-export-\d{4}-\d\d-\d\d\.zip$/);
  assert.equal(readFileSync(await file.path()).subarray(0, 2).toString(), 'PK');
  for (const path of [`/deleted/${id}/export`, await link.getAttribute('href')]) {
    assert.equal((await max.request.get(`${tenantry.app}${path}`)).status(), 404, path);
  }
  assert.ok(existsSync(join(tenantry.env.FILES_DIR, id)), 'kept in a folder of its own');
  await ada.goto(`${tenantry.app}/deleted/${id}`);
});

test('restored with one button: data, members and roles are back, and the plans are open', async () => {
  await ada.getByRole('button', { name: 'Restore Acme Provisions' }).click();
  await arrives(ada, at('settings/billing'));
  await appears(ada, ada.getByText('It is back, with everything in it.'));
  await appears(ada, ada.getByRole('heading', { name: 'Free plan' }));
  await max.goto(at('runs'));
  await appears(max, max.getByRole('heading', { level: 1, name: 'Runs' }));
  await ada.goto(at('settings/audit-log'));
  await appears(ada, ada.getByText(/restored/i).first());
});

test('days 23, 29 and 30: so many left, then it is over', async () => {
  await asks(ada);
  await ada.getByRole('heading', { name: 'Acme Provisions was deleted' }).waitFor({ timeout: 60_000 });
  await ada.goto(at('runs'));
  for (const [days, words] of [[23, '7 days left to restore it'], [6, '1 day left to restore it']]) {
    daysPass(days);
    await ada.reload();
    await appears(ada, ada.getByText(words).first());
    await ada.screenshot({ path: `${output}deleted-${days}.png` });
  }
  assert.match(tenantryDoes('job', 'run', 'purge', '--dry-run'), /0 due, 0 begun, nothing erased/);
  daysPass(1);
  await ada.reload();
  await appears(ada, ada.getByText('Everything in it is being erased for good.'));
  assert.equal(await ada.getByRole('button', { name: /Restore/ }).count(), 0);
  const late = await ada.request.post(`${tenantry.app}/deleted/${id}/restore`, { headers: { origin: tenantry.app } });
  assert.equal(late.status(), 409);
});

test('day 31: erased, and nothing is left but a record that anyone can check', async () => {
  daysPass(1);
  const due = tenantryDoes('job', 'run', 'purge', '--dry-run');
  assert.match(due, /tenantry\.runs +\d+/);
  assert.match(tenantryDoes('job', 'run', 'purge', '--once'), new RegExp(`${id} +erased`));
  assert.equal((await ada.goto(`${tenantry.app}/deleted/${id}`)).status(), 404);
  assert.equal((await max.goto(at('runs'))).status(), 404);
  const records = tenantryDoes('erase', 'records', id);
  const { public_key: key } = JSON.parse(records);
  const verify = (text) => execFileSync(`${root}target/debug/tenantry`, ['erase', 'verify', '-', '--public-key', key], { input: text, encoding: 'utf8' });
  assert.match(verify(records), /1 as signed, 0 not/);
  assert.throws(() => verify(records.replace(/\\"tenantry.runs\\":\d+/, '\\"tenantry.runs\\":1000')));
  // Clerk, Stripe and the database have no word of it; what Clerk says of its end is not kept.
  await ada.waitForTimeout(3000);
  const url = tenantry.env.OWNER_DATABASE_URL.replace(/\/\/[^@/]*@/, '//postgres@');
  const dump = execFileSync('pg_dump', ['--data-only', '--exclude-table=tenantry.erasures', url], { encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.ok(!existsSync(join(tenantry.env.FILES_DIR, id)), 'its files are gone');
  for (const word of [id, 'Acme Provisions']) assert.ok(!dump.includes(word), `${word} stands in the database`);
  assert.match(dump, /Bolt Cycles/);
});
