// An account at Clerk behind the reading calls of its Backend API: person n is the admin of organisation n.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Answers on that port; `delay` is how long each answer takes, in milliseconds. */
export class Account {
  delay = 0;

  constructor(people) {
    this.people = Array.from({ length: people }, (_, at) => at + 1);
    this.members = new Set(this.people);
  }

  leave(number) {
    this.members.delete(number);
  }

  join(number) {
    this.members.add(number);
  }

  listen(port) {
    this.server = createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url, 'http://localhost');
      if (this.delay) await sleep(this.delay);
      const answer = this.#answer(pathname.split('/').slice(2), searchParams);
      response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? { errors: [{ code: 'resource_not_found', message: 'not found' }] }));
    });
    return new Promise((resolve) => { this.server.listen(port, 'localhost', resolve); });
  }

  #answer([noun, id, part], query) {
    const page = (all) => all.slice(Number(query.get('offset') ?? 0)).slice(0, Number(query.get('limit') ?? 10));
    const list = (all) => ({ data: page(all), total_count: all.length });
    const number = Number(id?.replace(/\D/g, ''));
    if (noun === 'instance') return { object: 'instance', id: 'ins_bench', environment_type: 'development' };
    if (noun === 'organization_memberships') return list([...this.members].map(membership));
    if (noun === 'organizations') return id ? organization(number) : list(this.people.map(organization));
    if (noun !== 'users') return undefined;
    if (part) return list(this.members.has(number) ? [membership(number)] : []);
    return id ? user(number) : page(this.people.map(user));
  }
}

const times = { created_at: 1, updated_at: 1 };

const user = (number) => ({
  object: 'user', id: `user_b${number}`, first_name: `Person ${number}`, last_name: null, banned: false, ...times,
  primary_email_address_id: 'idn_1',
  email_addresses: [{ id: 'idn_1', email_address: `b${number}@example.test`, verification: { status: 'verified' } }],
});

const organization = (number) => (
  { object: 'organization', id: `org_b${number}`, slug: `b${number}`, name: `Organisation ${number}`, ...times });

const membership = (number) => ({
  object: 'organization_membership', id: `orgmem_${number}`, role: 'org:admin', organization: organization(number),
  public_user_data: { user_id: `user_b${number}` }, ...times,
});
