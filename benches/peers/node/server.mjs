// The procedures list in Node: fastify, pg, jose; two workers. With PLAIN=1 as it is usually written: each statement waits for
// the one before, and each request verifies its token. Without, the statements travel together and a verified token is kept.
import cluster from 'node:cluster';
import { createPublicKey } from 'node:crypto';
import Fastify from 'fastify';
import { jwtVerify } from 'jose';
import pg from 'pg';

const { PLAIN, PORT, DATABASE_URL, CLERK_JWT_KEY, ISSUER, PARTY, ENTER, LIST } = process.env;
const WORKERS = 2;
const CONNECTIONS = 8;
const PAGE = 50;
const NEWEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** Longest life of a verified token in the cache, in ms. */
const KEPT = 60_000;

if (cluster.isPrimary) {
  for (let i = 0; i < WORKERS; i += 1) cluster.fork();
} else {
  const key = createPublicKey(CLERK_JWT_KEY);
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: CONNECTIONS, min: CONNECTIONS, pipeline: !PLAIN });
  const verified = new Map();

  const caller = async (header) => {
    if (!header?.startsWith('Bearer ')) return null;
    const token = header.slice(7);
    const known = PLAIN ? undefined : verified.get(token);
    if (known && known.until > Date.now()) return known.claims;
    try {
      const { payload } = await jwtVerify(token, key, { issuer: ISSUER, algorithms: ['RS256'] });
      // Both go into SQL text below.
      if (payload.azp !== PARTY || !/^user_[A-Za-z0-9]+$/.test(payload.sub) || !/^org_[A-Za-z0-9]+$/.test(payload.o?.id)) return null;
      verified.set(token, { claims: payload, until: Math.min(payload.exp * 1000, Date.now() + KEPT) });
      return payload;
    } catch {
      return null;
    }
  };

  const listed = (row) => ({
    id: row[0], name: row[1], details: row[2], state: row[3] === null ? 'draft' : 'published', version: row[3], changed: row[4],
    steps: Number(row[6]), created_at: row[5], last_run_at: row[7],
  });

  const app = Fastify({ logger: false });
  app.get('/api/v1/orgs/:slug/procedures', async (request, reply) => {
    const who = await caller(request.headers.authorization);
    if (!who) return reply.code(401).send({ code: 'no_token' });
    const client = await pool.connect();
    let answers;
    let failure;
    try {
      // Sent together and answered in order where the client pipelines; else it sends each after the answer before.
      answers = await Promise.all([
        client.query(`begin read only; set local app.current_org_id = '${who.o.id}'; set local app.current_user_id = '${who.sub}'`),
        client.query({ name: 'enter', text: ENTER, values: [who.o.id, who.sub, request.params.slug], rowMode: 'array' }),
        client.query({ name: 'list', text: LIST, values: [who.o.id, NEWEST], rowMode: 'array' }),
        client.query('commit'),
      ]);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      client.release(failure);
    }
    const [, enter, list] = answers;
    if (enter.rows.length === 0) return reply.code(404).send({ code: 'not_found' });
    const items = list.rows.slice(0, PAGE).map(listed);
    return { items, older: list.rows.length > PAGE ? items.at(-1).id : null };
  });
  await app.listen({ port: Number(PORT), host: '127.0.0.1' });
}
