// Data export in a real browser: asked for, watched, downloaded, and read by programs that are not ours.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pictures } from './support/browser.mjs';
import { createOrganisation, signUp } from './support/people.mjs';
import { stage } from './support/stage.mjs';
import { Tenantry } from './support/tenantry.mjs';

const tenantry = new Tenantry('--no-seed');
const folder = mkdtempSync(join(tmpdir(), 'export-'));
after(() => rmSync(folder, { recursive: true }));
let page;

const { person } = stage(tenantry);

const address = () => `${tenantry.app}/orgs/acme/settings/export`;
const ask = () => page.getByRole('button', { name: 'Prepare export' });
const download = () => page.getByRole('link', { name: /^Download the export of/ });

test('an admin finds the page in the settings', async () => {
  ({ page } = await person());
  await signUp(page, tenantry, { first: 'Grace', last: 'Hopper', email: 'grace+clerk_test@acme.example' });
  await createOrganisation(page, tenantry, 'Acme Provisions', 'acme');
  await page.goto(`${tenantry.app}/orgs/acme/settings/members`);
  await page.getByRole('link', { name: 'Data export' }).click();
  await page.getByRole('heading', { level: 2, name: 'Data export' }).waitFor();
  await page.getByRole('heading', { name: 'No export yet' }).waitFor();
  await pictures(page, 'export-empty');
});

test('progress moves by itself', async () => {
  tenantry.sql(`insert into tenantry.exports (organisation_id, id, state, asked_by, asked_by_name, started_at, file, rows_expected, rows_done)
                select id, gen_random_uuid(), 'running', 'user_grace', 'Grace Hopper', now(), 'exports/0.zip', 1000000, 400000
                  from tenantry.organisations where slug = 'acme'`);
  await page.goto(address());
  await page.getByText('400,000 of 1,000,000 rows').waitFor();
  assert.equal(await ask().getAttribute('aria-disabled'), 'true');
  await pictures(page, 'export-running');
  tenantry.sql('update tenantry.exports set rows_done = 634567');
  await page.getByText('634,567 of 1,000,000 rows').waitFor();
  await page.getByRole('img', { name: '63 percent prepared' }).waitFor();
  // It fails, and another can be asked for; nobody loads the page again.
  tenantry.sql(`update tenantry.exports set state = 'failed', finished_at = now(), file = null,
                  trouble = 'There was no space left to keep the file. Those who run Tenantry can make some.'`);
  await page.getByText('There was no space left to keep the file.').waitFor();
  await ask().waitFor();
});

test('an export is asked for, and is ready without a word', async () => {
  await ask().click();
  await page.getByText('The export is being prepared.').waitFor();
  await download().waitFor();
  await pictures(page, 'export-ready');
});

test('the file is a ZIP that others read, and fits its checksum', async () => {
  const [file] = await Promise.all([page.waitForEvent('download'), download().click()]);
  assert.match(file.suggestedFilename(), /^acme-export-\d{4}-\d\d-\d\d\.zip$/);
  const path = join(folder, 'acme.zip');
  await file.saveAs(path);
  const program = `
import csv, hashlib, io, json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
manifest = json.loads(archive.read('manifest.json'))
for table in manifest['tables']:
    rows = [json.loads(line) for line in archive.read(table['json_lines']['path']).decode().split('\\n')[:-1]]
    sheet = list(csv.reader(io.StringIO(archive.read(table['csv']['path']).decode(), newline='')))
    assert len(rows) == len(sheet) - 1 == table['rows'], table['name']
    assert sheet[0] == [column['name'] for column in table['columns']]
    for part in (table['csv'], table['json_lines']):
        content = archive.read(part['path'])
        assert (len(content), hashlib.sha256(content).hexdigest()) == (part['bytes'], part['sha256']), part['path']
print(manifest['organisation']['slug'], len(manifest['tables']))
`;
  const read = execFileSync('python3', ['-c', program, path], { encoding: 'utf8' });
  assert.match(read, /^acme \d\d\n$/);
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  const told = await page.evaluate(async (url) => {
    const token = await window.Clerk.session.getToken();
    return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).json();
  }, `${tenantry.app}/api/v1/orgs/acme/exports`);
  assert.equal(told.items.find((one) => one.state === 'ready').sha256, sha256);
});

test('the log says who asked, and who has it', async () => {
  await page.goto(`${tenantry.app}/orgs/acme/settings/audit-log?action=export`);
  await page.getByText('Asked for a data export').waitFor();
  await page.getByText('Downloaded all data').waitFor();
});

test('what has expired cannot be had any more, and says so', async () => {
  await page.goto(address());
  const href = await download().getAttribute('href');
  tenantry.sql('update tenantry.exports set expires_at = now()');
  const answer = await page.goto(`${tenantry.app}${href}`);
  assert.equal(answer.status(), 404);
  await page.goto(address());
  await page.getByText('Expired').waitFor();
  await pictures(page, 'export-expired');
});
