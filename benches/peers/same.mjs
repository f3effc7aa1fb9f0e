// Refuses to go on unless all servers say the same: same.mjs PORT PORT PORT.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';

const tokens = readFileSync(process.env.TOKENS_FILE, 'utf8').split('\n');
const ask = (port, slug, token) =>
  new Promise((resolve, reject) => {
    const headers = { host: process.env.LOAD_HOST, ...(token && { authorization: `Bearer ${token}` }) };
    get({ host: '127.0.0.1', port, path: `/api/v1/orgs/${slug}/procedures`, headers }, (response) => {
      let body = '';
      response.on('data', (part) => { body += part; });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    }).on('error', reject);
  });
// Every stack writes moments in its own way.
const moments = (key, value) => (key === 'created_at' ? Date.parse(value) : value);

const [ours, ...peers] = process.argv.slice(2);
const expected = JSON.parse((await ask(ours, 'b7', tokens[6])).body, moments);
assert.equal(expected.items.length, 20);
const forged = tokens[6].replace(/.{20}$/, 'AAAAAAAAAAAAAAAAAAAA');
const another = [tokens[6].split('.')[0], tokens[7].split('.')[1], tokens[6].split('.')[2]].join('.');
for (const port of [ours, ...peers]) {
  const { status, body } = await ask(port, 'b7', tokens[6]);
  assert.equal(status, 200, `port ${port}: ${body}`);
  assert.deepEqual(JSON.parse(body, moments), expected, `port ${port} answers something else`);
  assert.equal((await ask(port, 'b7', tokens[7])).status, 404, `port ${port}: a stranger`);
  for (const token of [forged, another, undefined]) assert.equal((await ask(port, 'b7', token)).status, 401, `port ${port}: ${token ?? 'no token'}`);
}
console.log(`all stacks give the same ${expected.items.length} rows and refuse the same callers`);
