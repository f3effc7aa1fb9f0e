// Members are removed at Clerk one after the other: from the acknowledgement of the webhook to the sending of the first
// request that is refused. Whoever was removed keeps asking with the token they have.
import { execFile, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { median, quantile } from '../statistics.mjs';
import { Account } from './account.mjs';

const run = promisify(execFile);
const program = process.argv[2];
const { PUBLIC_BASE_URL, CLERK_API_URL, CLERK_WEBHOOK_SIGNING_SECRET, TOKENS_FILE, WEBHOOKS = '1000' } = process.env;
const { port, host } = new URL(PUBLIC_BASE_URL);
const secret = Buffer.from(CLERK_WEBHOOK_SIGNING_SECRET.slice('whsec_'.length), 'base64');
const tokens = readFileSync(TOKENS_FILE, 'utf8').split('\n');
const agent = new Agent({ keepAlive: true });

const ask = (method, path, headers, body) => new Promise((resolve, reject) => {
  const options = { agent, host: '127.0.0.1', port, method, path, headers: { host, ...headers } };
  const asked = request(options, (answer) => { answer.resume().on('end', () => resolve(answer.statusCode)); });
  asked.on('error', reject).end(body);
});

const read = (number) => ask('GET', `/api/v1/orgs/b${number}/procedures`, { authorization: `Bearer ${tokens[number - 1]}` });

let sent = 0;
const deliver = async (kind, number) => {
  const body = JSON.stringify({
    type: kind, object: 'event', instance_id: 'ins_bench', timestamp: Date.now(),
    data: { public_user_data: { user_id: `user_b${number}` }, organization: { id: `org_b${number}` } },
  });
  sent += 1;
  const [id, at] = [`msg_${sent}`, Math.floor(Date.now() / 1000)];
  const signature = createHmac('sha256', secret).update(`${id}.${at}.${body}`).digest('base64');
  const headers = { 'content-type': 'application/json', 'svix-id': id, 'svix-timestamp': at, 'svix-signature': `v1,${signature}` };
  const status = await ask('POST', '/webhooks/clerk', headers, body);
  if (status !== 200) throw new Error(`a webhook was answered ${status}`);
  return performance.now();
};

/** Milliseconds until a request is sent that is answered so. */
const until = async (began, status, number) => {
  for (;;) {
    const asked = performance.now();
    if (await read(number) === status) return Math.max(0, asked - began);
    if (asked - began > 10_000) throw new Error(`person ${number}: no ${status}`);
  }
};

const account = new Account(tokens.length);
await account.listen(Number(new URL(CLERK_API_URL).port));
await run(program, ['job', 'run', 'reconcile-clerk', '--once'], { maxBuffer: 64 << 20 }).catch((error) => {
  console.error(error.stderr);
  throw error;
});
const children = ['serve', 'work'].map((part) => spawn(program, [part], { stdio: ['ignore', 'ignore', 'inherit'] }));
try {
  for (let tries = 0; await read(1).catch(() => 0) !== 200; tries += 1) {
    if (tries > 400) throw new Error('the server does not answer');
    await sleep(25);
  }
  console.log(`from a webhook's acknowledgement to the first refusal, ms           members      p50      p99  slowest`);
  const cases = [
    ['Clerk answers at once', Number(WEBHOOKS), 0, false],
    ['each of Clerk\'s answers takes 100 ms', Math.ceil(Number(WEBHOOKS) / 4), 100, false],
    ['Clerk answers at once, the worker compares everything as well', Number(WEBHOOKS), 0, true],
  ];
  for (const [what, members, delay, comparing] of cases) {
    account.delay = delay;
    let compares = comparing;
    const comparisons = (async () => {
      while (compares) await Promise.all([run(program, ['job', 'run', 'reconcile-clerk']), sleep(1000)]);
    })();
    const times = [];
    for (let at = 0; at < members; at += 1) {
      const number = 1 + (at % tokens.length);
      account.leave(number);
      times.push(await until(await deliver('organizationMembership.deleted', number), 404, number));
      account.join(number);
      await until(await deliver('organizationMembership.created', number), 200, number);
    }
    compares = false;
    await comparisons;
    const told = [median(times), quantile(times, 0.99), Math.max(...times)].map((time) => time.toFixed(1).padStart(8));
    console.log(`${what.padEnd(64)} ${members.toLocaleString('en-GB').padStart(10)} ${told.join(' ')}`);
  }
} finally {
  for (const child of children) child.kill('SIGTERM');
  account.server.close();
  account.server.closeAllConnections();
  agent.destroy();
}
