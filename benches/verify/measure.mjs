// Session verification in requests a second on one core: ours and Clerk's SDK in turns, with the same tokens, the key
// given to both and no network. The medians of the rounds.
import { execFileSync } from 'node:child_process';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClerkClient, verifyToken } from '@clerk/backend';

const program = process.argv[2];
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const TOKENS = 4000;
const PARTY = 'https://app.example.test';
const HOST = 'witty-otter-1.clerk.accounts.dev';
const publishableKey = `pk_test_${Buffer.from(`${HOST}$`).toString('base64')}`;
const secretKey = 'sk_test_measured';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwtKey = publicKey.export({ type: 'spki', format: 'pem' });
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = Math.floor(Date.now() / 1000);
const token = (number) => {
  const text = `${encode({ alg: 'RS256', typ: 'JWT', kid: 'ins_1', cat: 'cl_B7d4PD111AAA' })}.${encode({
    v: 2, iss: `https://${HOST}`, sub: `user_${number}`, sid: `sess_${number}`, azp: PARTY, sts: 'active', jti: String(number),
    iat: now, nbf: now - 10, exp: now + 3600, fva: [3, -1], o: { id: 'org_1', slg: 'acme', rol: 'admin' },
  })}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
};
const tokens = Array.from({ length: TOKENS }, (_, number) => token(number));

const folder = mkdtempSync(join(tmpdir(), 'verify-'));
const file = join(folder, 'tokens.json');
writeFileSync(file, JSON.stringify({ pem: jwtKey, publishable_key: publishableKey, party: PARTY, tokens }));

const clerk = createClerkClient({ publishableKey, secretKey, jwtKey, telemetry: { disabled: true } });
const perSecond = async (work) => {
  const began = performance.now();
  for (const text of tokens) await work(text);
  return (TOKENS / (performance.now() - began)) * 1000;
};
const sdkVerify = () => perSecond((text) => verifyToken(text, { jwtKey, authorizedParties: [PARTY] }));
const sdkRequest = () => perSecond(async (text) => {
  const request = new Request(`${PARTY}/`, { headers: { authorization: `Bearer ${text}` } });
  const state = await clerk.authenticateRequest(request, { authorizedParties: [PARTY] });
  if (state.status !== 'signed-in') throw new Error(`an honest token was refused: ${state.reason}`);
});

// Warm: the first round of a just-in-time compiler is not its speed.
await sdkVerify();
await sdkRequest();
const measured = { new: [], known: [], verify: [], request: [] };
for (let round = 0; round < ROUNDS; round += 1) {
  const ours = JSON.parse(execFileSync(program, [file], { encoding: 'utf8' }));
  measured.new.push(ours.new);
  measured.known.push(ours.known);
  measured.verify.push(await sdkVerify());
  measured.request.push(await sdkRequest());
}
rmSync(folder, { recursive: true });

const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const result = Object.fromEntries(Object.entries(measured).map(([name, numbers]) => [name, median(numbers)]));
const told = (number) => Math.round(number).toLocaleString('en-GB').padStart(10);
console.log(`requests a second on one core, median of ${ROUNDS} rounds in turns
ours, a token never seen        ${told(result.new)}
ours, a token already known     ${told(result.known)}
@clerk/backend verifyToken      ${told(result.verify)}
@clerk/backend authenticateRequest ${told(result.request).slice(3)}
a whole request against the SDK's: ${(result.new / result.request).toFixed(1)} times for a new token, ${(result.known / result.request).toFixed(0)} times for a known one`);
