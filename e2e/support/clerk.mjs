// Clerk's Backend API, as a server of the customer's would call it.
import assert from 'node:assert/strict';
import { createClerkClient } from '@clerk/backend';

// The official client, unmodified.
export function officialClient(house) {
  const { CLERK_SECRET_KEY: secretKey, CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_API_URL: apiUrl } = house.env;
  return createClerkClient({ secretKey, publishableKey, apiUrl, telemetry: { disabled: true } });
}

// One call, as its bare answer.
export async function atClerk(house, path, body = undefined, method = body ? 'POST' : 'GET') {
  const answer = await fetch(`${house.env.CLERK_API_URL}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${house.env.CLERK_SECRET_KEY}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

// Adds whoever has this address to the organisation at Clerk, as an accepted invitation would.
export async function join(house, slug, email, role = 'org:member') {
  const { id } = await atClerk(house, `/organizations/${slug}`);
  await atClerk(house, `/organizations/${id}/memberships`, { user_id: await idOf(house, email), role });
}

// The id of whoever has this address.
export async function idOf(house, email) {
  const [user] = await atClerk(house, `/users?email_address=${encodeURIComponent(email)}`);
  return user.id;
}
