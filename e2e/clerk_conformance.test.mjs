// The same requests through Clerk's own authenticateRequest and through ours: what comes of them may differ only where
// it is meant to. The requests are made by a seeded generator; CONFORMANCE_SEED and CONFORMANCE_REQUESTS change them.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { createServer, get } from 'node:http';
import { after, before, test } from 'node:test';
import { createClerkClient } from '@clerk/backend';

const root = new URL('..', import.meta.url).pathname;
const SEED = Number(process.env.CONFORMANCE_SEED ?? 20260512);
const REQUESTS = Number(process.env.CONFORMANCE_REQUESTS ?? 1200);

// The deliberate differences. Each says when it applies, to a request and to both answers; nothing else may differ.
const DIFFERENCES = [
  {
    name: 'a bearer token beside a session cookie is refused',
    why: 'one request must not speak for two people',
    applies: ({ ours }) => ours.reason === 'token-carrier-conflict',
  },
  {
    name: 'session cookies that name two people are refused',
    why: 'whoever can write one cookie must not choose who somebody is',
    applies: ({ ours }) => ours.reason === 'session-cookie-conflict',
  },
  {
    name: 'a handshake that cannot be believed signs out in development',
    why: 'a page that says so helps more than a 500 or another round',
    applies: ({ request, ours }) => request.isDevelopment && request.hasUnbelievable && /^token-/.test(ours.reason),
  },
  {
    name: 'a production key with a plain http proxy beyond this machine is refused',
    why: 'session tokens would travel in clear text',
    applies: ({ request, ours }) => !request.isDevelopment && ours.status === 500 && /should begin with https/.test(ours.error),
  },
  {
    name: 'a browser that was sent round more than three times is not sent again',
    why: 'the SDK stops at exactly three; a counter beyond it is no reason to go on',
    applies: ({ request, ours }) => /__clerk_redirect_count=4/.test(request.headers.cookie) && ours.status === 200,
  },
  {
    name: 'a nonce that cannot be redeemed is passed over',
    why: 'Clerk may be out of reach for a moment, which is no reason to sign anybody out',
    applies: ({ request, theirs }) => request.hasUnknownNonce && theirs.reason === 'session-token-missing',
  },
  {
    name: 'an ended session is refreshed for other methods than GET too',
    why: 'a form that was filled in for longer than a minute must not be lost',
    applies: ({ request, theirs }) => request.method !== 'GET' && theirs.reason === 'session-token-expired-refresh-non-eligible-non-get',
  },
  {
    name: 'a bearer token is never refreshed with a cookie',
    why: 'the two may be of two people, and a program has its own way to a new token',
    applies: ({ request, ours }) =>
      request.hasBearer && /__refresh_/.test(request.headers.cookie) && /^session-token-expired-refresh-non-eligible/.test(ours.reason),
  },
  {
    name: 'behind a proxy the instance\'s own portal is still known',
    why: 'the SDK derives the portal from the proxy\'s address and sends everybody who signs in round once more',
    applies: ({ request, theirs, ours }) => request.options['x-proxy-url'] && /accounts\.primary\.test/.test(request.headers.referer)
      && theirs.reason === 'primary-domain-cross-origin-sync' && ours.signedIn,
  },
  {
    name: 'handshakes in the query are not looked at in production',
    why: 'a link could sign a visitor in as whoever made the link',
    applies: ({ request }) => !request.isDevelopment && /__clerk_handshake/.test(request.path),
  },
  {
    name: 'a handshake that brought nothing is passed over when there is a session cookie',
    why: 'the cookie it came by may have outlived its use, and must not sign anybody out',
    applies: ({ request, theirs }) => request.hasHandshake && /__session/.test(request.headers.cookie) && theirs.reason === 'session-token-missing',
  },
  {
    name: 'the address to come back to after a development handshake without a session is a redirect too',
    why: 'the parameters leave the address bar, so that a reload does not redeem a nonce again',
    applies: ({ request, theirs, ours }) =>
      request.isDevelopment && request.hasHandshake && theirs.reason === 'session-token-missing' && ours.status === 307,
  },
  {
    name: 'Clerk\'s own parameters are never part of the address to come back to',
    why: 'a used handshake must not be resolved again',
    applies: ({ theirs, ours }) => withoutTransport(theirs.location) === withoutTransport(ours.location),
  },
];

// A handshake's address with its redirect_url freed of what we take out.
function withoutTransport(location) {
  if (!location) return location;
  const url = new URL(location);
  const back = url.searchParams.get('redirect_url');
  if (back) {
    const clean = new URL(back);
    for (const name of ['__clerk_handshake', '__clerk_handshake_nonce', '__clerk_help']) clean.searchParams.delete(name);
    url.searchParams.set('redirect_url', clean.href);
  }
  return url.href;
}

// mulberry32
function generator(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    pick: (list) => list[Math.floor(next() * list.length)],
    maybe: (chance) => next() < chance,
  };
}

const HOST = 'witty-otter-1.clerk.accounts.dev';
const keys = {
  development: { publishable: `pk_test_${Buffer.from(`${HOST}$`).toString('base64')}`, secret: 'sk_test_conformance' },
  production: { publishable: `pk_live_${Buffer.from('clerk.primary.test$').toString('base64')}`, secret: 'sk_live_conformance' },
};
const suffixOf = (key) => createHash('sha1').update(key).digest('base64url').slice(0, 8);

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
function sign(claims, { key = pair.privateKey, header = {} } = {}) {
  const text = `${encode({ alg: 'RS256', typ: 'JWT', kid: 'ins_conformance', ...header })}.${encode(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
}

const START = Math.floor(Date.now() / 1000);
const issuers = { development: `https://${HOST}`, production: 'https://clerk.primary.test' };
const claimsAt = (instance, iat, more = {}) => ({
  iss: issuers[instance], sub: 'user_1', sid: 'sess_1', azp: 'http://app.test', v: 2, iat, nbf: iat - 10, exp: iat + 3600, ...more,
});
const ORGANISATION = { o: { id: 'org_1', slg: 'acme', rol: 'admin' } };

// Tokens by name; made once, so that both sides see the same text.
const tokens = {};
for (const instance of ['development', 'production']) {
  const at = (iat, more) => claimsAt(instance, iat, more);
  tokens[instance] = {
    valid: sign(at(START - 30)),
    older: sign(at(START - 200)),
    organisation: sign(at(START - 30, ORGANISATION)),
    expired: sign({ ...at(START - 4000), exp: START - 400 }),
    early: sign({ ...at(START - 30), nbf: START + 900 }),
    future: sign({ ...at(START + 900), nbf: START - 30, exp: START + 9000 }),
    bare: sign({ sub: 'user_1', iat: START - 30, nbf: START - 40, exp: START + 3600 }),
    forged: sign(at(START - 30), { key: stranger.privateKey }),
    template: sign(at(START - 30), { header: { cat: 'cl_B7d4PD222AAA' } }),
    machine: sign(at(START - 30), { header: { typ: 'at+jwt' } }),
    machineSubject: sign({ ...at(START - 30), sub: 'mch_1' }),
    unknownKey: sign(at(START - 30), { header: { kid: 'ins_nobody' } }),
    foreign: sign({ ...at(START - 30), iss: 'https://clerk.other.test' }),
    garbage: 'not.a.token',
  };
}
const handshakeToken = (directives, options) => sign({ handshake: directives }, options);

let stub;
let stubUrl;
let example;
let exampleUrl;
let clients;

before(async () => {
  // The Backend API, as far as both sides ask for it.
  stub = createServer((request, response) => {
    const url = new URL(request.url, 'http://stub');
    const answer = (status, value) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (url.pathname === '/v1/jwks') {
      return answer(200, { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'ins_conformance', alg: 'RS256', use: 'sig' }] });
    }
    if (url.pathname === '/v1/clients/handshake_payload') {
      const directives = payloads.get(url.searchParams.get('nonce'));
      if (directives) return answer(200, { directives });
    }
    const refresh = /^\/v1\/sessions\/([^/]+)\/refresh$/.exec(url.pathname);
    if (refresh) {
      let body = '';
      request.on('data', (chunk) => { body += chunk; });
      return request.on('end', () => {
        const instance = JSON.parse(body).expired_token === tokens.development.expired ? 'development' : 'production';
        if (JSON.parse(body).refresh_token !== 'good') {
          return answer(401, { errors: [{ code: 'refresh_token_not_found', message: 'no' }] });
        }
        answer(200, { object: 'cookies', cookies: [`__session=${tokens[instance].valid}; Path=/`] });
      });
    }
    answer(404, { errors: [{ code: 'resource_not_found', message: 'no' }] });
  });
  await new Promise((resolve) => stub.listen(0, '127.0.0.1', resolve));
  stubUrl = `http://127.0.0.1:${stub.address().port}`;

  execFileSync('cargo', ['build', '--quiet', '--locked', '-p', 'clerk', '--example', 'conformance'], { cwd: root, stdio: 'inherit' });
  const port = await new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => { const { port: free } = probe.address(); probe.close(() => resolve(free)); });
  });
  exampleUrl = `http://127.0.0.1:${port}`;
  example = spawn(`${root}target/debug/examples/conformance`, { env: { ...process.env, PORT: port, CLERK_API_URL: stubUrl }, stdio: 'inherit' });
  for (let tries = 0; ; tries += 1) {
    if (await ask('/', {}, 'GET').then(() => true, () => false)) break;
    assert.ok(tries < 100, 'the example does not answer');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  clients = Object.fromEntries(Object.entries(keys).map(([instance, { publishable, secret }]) => [
    instance, createClerkClient({ publishableKey: publishable, secretKey: secret, apiUrl: stubUrl, telemetry: { disabled: true } }),
  ]));
});
after(() => {
  example?.kill();
  stub?.close();
});

// Plain HTTP: fetch does not let one send sec-fetch-dest, host or cookie.
function ask(path, headers, method) {
  return new Promise((resolve, reject) => {
    get(exampleUrl + path, { headers, method, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => { body += chunk; });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    }).on('error', reject);
  });
}

const payloads = new Map();

// What a request and its configuration are made of.
function makeRequest({ pick, maybe }) {
  const instance = pick(['development', 'production']);
  const { publishable, secret } = keys[instance];
  const suffix = suffixOf(publishable);
  const all = tokens[instance];
  const cookies = [];
  const both = (name, value, where) => {
    if (where !== 'suffixed') cookies.push([name, value]);
    if (where !== 'plain') cookies.push([`${name}_${suffix}`, value]);
  };
  const where = () => pick(['both', 'both', 'both', 'plain', 'suffixed']);
  let hasSession = maybe(0.7);
  const names = Object.keys(all);
  if (hasSession) both('__session', all[maybe(0.5) ? pick(['valid', 'organisation', 'expired']) : pick(names)], where());
  else if (maybe(0.05)) {
    hasSession = true;
    cookies.push(['__session', all.older], [`__session_${suffix}`, all.valid]);
  }
  if (maybe(0.85)) both('__client_uat', String(pick([...Array(12).fill(START - 5000), START - 100, START - 100, 0, START - 10, 'soon'])), where());
  if (maybe(0.8)) both('__clerk_db_jwt', 'dvb_1', where());
  if (maybe(0.3)) cookies.push([`__refresh_${suffix}`, pick(['good', 'bad'])]);
  if (maybe(0.1)) cookies.push(['__clerk_redirect_count', String(pick([0, 1, 2, 3, 4]))]);

  const query = [];
  if (maybe(0.3)) query.push('tab=settings');
  if (maybe(0.06)) query.push('__clerk_db_jwt=dvb_2');
  let hasHandshake = false;
  let hasUnknownNonce = false;
  let hasUnbelievable = false;
  if (maybe(0.12)) {
    hasHandshake = true;
    const directives = pick([
      [`__session=${all.valid}; Path=/`, `__session_${suffix}=${all.valid}; Path=/`, '__client_uat=5; Path=/'],
      [`__session=${all.forged}; Path=/`], [`__session=${all.early}; Path=/`],
      ['__client_uat=0; Path=/'], [],
    ]);
    const nonce = maybe(0.5);
    const name = nonce ? '__clerk_handshake_nonce' : '__clerk_handshake';
    const signer = pick([{}, {}, {}, { key: stranger.privateKey }]);
    let value = handshakeToken(directives, signer);
    hasUnbelievable = /__session=/.test(directives[0]) && !directives[0].includes(all.valid) || (!nonce && Boolean(signer.key));
    if (nonce) {
      value = `nonce_${payloads.size}`;
      if (maybe(0.8)) payloads.set(value, directives);
      else {
        hasUnknownNonce = true;
        payloads.set(`unknown_${value}`, directives);
      }
    }
    if (instance === 'development' && maybe(0.8)) query.push(`${name}=${value}`);
    else cookies.push([name, value]);
  }
  const options = { 'x-publishable-key': publishable, 'x-secret-key': secret };
  if (maybe(0.15)) options['x-proxy-url'] = pick(['https://app.test/__clerk', '/__clerk', 'http://localhost:4400']);
  if (maybe(0.15)) {
    options['x-satellite'] = 'true';
    options['x-domain'] = 'satellite.test';
    options['x-sign-in-url'] = 'https://primary.test/sign-in';
    if (maybe(0.5)) options['x-satellite-auto-sync'] = 'true';
    if (maybe(0.4)) query.push(`__clerk_synced=${pick(['true', 'false'])}`);
  } else if (maybe(0.05)) {
    query.push(`__clerk_redirect_url=${encodeURIComponent('https://satellite.test/page?a=1&__clerk_synced=false')}`);
  }
  if (maybe(0.45)) {
    options['x-organization-sync-options'] = pick([
      'null',
      JSON.stringify({ organizationPatterns: ['/orgs/:slug', '/orgs/:slug/(.*)', '/by-id/:id', '/by-id/:id/(.*)'], personalAccountPatterns: ['/me', '/me/(.*)'] }),
      JSON.stringify({ organizationPatterns: ['orgs/:never'] }),
      JSON.stringify({ organizationPatterns: ['/orgs/:'] }),
    ]);
  }
  const path = pick(['/', '/page', '/orgs/acme', '/orgs/other/settings', '/by-id/org_1', '/by-id/org_2/x', '/me', '/me/x/'])
    + (query.length ? `?${query.join('&')}` : '');
  const headers = { host: 'app.test' };
  if (maybe(0.3)) headers['x-forwarded-proto'] = pick(['https', 'https,http']);
  if (maybe(0.2)) headers['x-forwarded-host'] = pick(['front.test', 'front.test:8443', 'front.test, inner.test']);
  const kind = pick(['document', 'document', 'document', 'document', 'iframe', 'empty', 'script', undefined, undefined]);
  if (kind) headers['sec-fetch-dest'] = kind;
  if (maybe(0.5)) headers.accept = pick(['text/html,*/*', 'application/json', '*/*']);
  if (maybe(0.2)) headers.referer = pick(['http://app.test/before', 'https://elsewhere.test/', 'https://clerk.primary.test/', 'https://accounts.primary.test/sign-in', 'nonsense']);
  let hasBearer = false;
  if (maybe(0.15)) {
    hasBearer = true;
    headers.authorization = pick([(token) => `Bearer ${token}`, (token) => `Bearer ${token}`, (token) => token, () => 'Basic dXNlcjpwYXNz'])(all[pick(names)]);
  }
  if (cookies.length) headers.cookie = cookies.map(([name, value]) => `${name}=${value}`).join('; ');
  return {
    instance, isDevelopment: instance === 'development', path, headers, options, hasSession, hasHandshake, hasUnknownNonce, hasUnbelievable, hasBearer,
    method: pick(['GET', 'GET', 'GET', 'GET', 'POST']),
  };
}

async function through(request) {
  const { options, headers } = request;
  const given = (name) => options[name];
  const sync = given('x-organization-sync-options');
  try {
    const state = await clients[request.instance].authenticateRequest(
      new Request(`http://app.test${request.path}`, { method: request.method, headers }),
      {
        proxyUrl: given('x-proxy-url'), domain: given('x-domain') ?? '', isSatellite: given('x-satellite') === 'true',
        satelliteAutoSync: given('x-satellite-auto-sync') === 'true', signInUrl: given('x-sign-in-url') ?? '',
        organizationSyncOptions: sync ? JSON.parse(sync) ?? undefined : undefined,
      },
    );
    const location = state.headers.get('location');
    const auth = state.status === 'signed-in' ? state.toAuth() : undefined;
    return {
      // An adapter sends any location away, whatever the status.
      status: location ? 307 : 200,
      signedIn: location ? undefined : state.status === 'signed-in',
      user: location ? undefined : auth?.userId,
      reason: state.status === 'signed-in' ? undefined : state.reason,
      location: location ?? undefined,
    };
  } catch (error) {
    return { status: 500, error: String(error) };
  }
}

async function ours(request) {
  const answer = await ask(request.path, { ...request.headers, ...request.options }, request.method);
  if (answer.status === 500) return { status: 500, error: answer.body };
  const body = JSON.parse(answer.body);
  return {
    status: answer.status,
    signedIn: answer.status === 307 ? undefined : body.status === 'signed-in',
    user: body.user,
    reason: answer.headers['x-clerk-auth-reason'],
    location: answer.headers.location,
  };
}

// Tokens by their names, so that a person can read a failure.
function named(text) {
  for (const [instance, all] of Object.entries(tokens)) {
    for (const [name, token] of Object.entries(all)) text = text.replaceAll(token, `<${instance} ${name}>`);
  }
  return text.replaceAll(/(__clerk_handshake=)[\w.-]{40,}/g, '$1<token>');
}

// What is compared: the text of an error is each one's own.
const compared = ({ error, ...answer }) => JSON.stringify(answer);

test(`${REQUESTS} requests come to the same end in both, but for what is meant to differ`, async (context) => {
  const quiet = { log: console.log, warn: console.warn, error: console.error };
  const random = generator(SEED);
  const seen = new Map();
  const surprises = [];
  const met = new Map();
  for (let number = 0; number < REQUESTS; number += 1) {
    const request = makeRequest(random);
    Object.assign(console, { log() {}, warn() {}, error() {} });
    const theirs = await through(request).finally(() => Object.assign(console, quiet));
    const mine = await ours(request);
    const key = theirs.reason ?? (theirs.status === 500 ? 'failed' : 'signed-in');
    seen.set(key, (seen.get(key) ?? 0) + 1);
    if (compared(theirs) === compared(mine)) continue;
    const difference = DIFFERENCES.find(({ applies }) => applies({ request, theirs, ours: mine }));
    if (difference) met.set(difference.name, (met.get(difference.name) ?? 0) + 1);
    else surprises.push({ number, request, theirs, ours: mine });
  }
  for (const [reason, count] of [...seen].sort()) context.diagnostic(`${reason}: ${count}`);
  for (const [name, count] of met) context.diagnostic(`differs ${count} times: ${name}`);
  const told = surprises.slice(0, 5).map((surprise) => named(JSON.stringify(surprise, null, 1))).join('\n');
  assert.equal(surprises.length, 0, `${surprises.length} differ and should not (seed ${SEED}):\n${told}`);
  // The comparison is worth as much as what it met.
  for (const reason of [
    'signed-in', 'failed', 'session-token-and-uat-missing', 'session-token-but-no-client-uat', 'client-uat-but-no-session-token',
    'session-token-iat-before-client-uat', 'session-token-nbf', 'session-token-iat-in-the-future', 'dev-browser-missing',
    'dev-browser-sync', 'satellite-needs-syncing', 'primary-responds-to-syncing', 'active-organization-mismatch',
    'session-token-expired-refresh-non-eligible-no-refresh-cookie', 'session-token-expired-refresh-refresh_token_not_found',
    'primary-domain-cross-origin-sync', 'token-type-mismatch', 'token-invalid-signature',
  ]) {
    assert.ok(seen.has(reason), `no request came to ${reason}`);
  }
});
