// Makes a key and 1,000 session tokens of Clerk's form: prints the public key to KEY_FILE and one token a line to TOKENS_FILE.
// The people of these belong to 1,000 organisations. For each number in SPREAD (as "10 100000") a further TOKENS_FILE.number
// has the tokens of people who are spread evenly over so many.
import { createSign, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const { KEY_FILE, TOKENS_FILE, ISSUER, PARTY, SPREAD = '' } = process.env;
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
writeFileSync(KEY_FILE, publicKey.export({ type: 'spki', format: 'pem' }));

const now = Math.floor(Date.now() / 1000);
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (n, org) => {
  const claims = {
    v: 2, iss: ISSUER, azp: PARTY, sub: `user_b${n}`, sid: `sess_b${n}`, sts: 'active', jti: `b${n}`,
    iat: now, nbf: now - 10, exp: now + 3600, fva: [0, -1], o: { id: `org_b${org}`, slg: `b${org}`, rol: 'admin' },
  };
  const signed = `${encode({ alg: 'RS256', typ: 'JWT', cat: 'cl_B7d4PD111AAA', kid: 'ins_bench' })}.${encode(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`;
};
const spread = (organisations) =>
  Array.from({ length: 1000 }, (_, i) => token(i + 1, 1 + ((i * Math.max(1, organisations / 1000)) % organisations))).join('\n');
writeFileSync(TOKENS_FILE, spread(1000));
for (const organisations of SPREAD.split(' ').filter(Boolean)) writeFileSync(`${TOKENS_FILE}.${organisations}`, spread(Number(organisations)));
