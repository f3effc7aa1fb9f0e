// What a person does before there is anything to test: sign up, sign in, create an organisation, change sides.
import assert from 'node:assert/strict';

const CODE = '424242';

export async function signUp(page, tenantry, { first, last, email }) {
  await page.goto(`${tenantry.app}/`);
  await page.getByRole('link', { name: 'Create account' }).click();
  await page.getByLabel('First name').fill(first);
  await page.getByLabel('Last name').fill(last);
  await page.getByLabel('Email address').fill(email);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Code', { exact: true }).fill(CODE);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL(`${tenantry.app}/**`);
}

export async function signIn(page, tenantry, email, code = CODE) {
  await page.goto(`${tenantry.app}/`);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('Email address').fill(email);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Code', { exact: true }).fill(code);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL(`${tenantry.app}/**`);
}

export async function createOrganisation(page, tenantry, name, slug) {
  await page.goto(`${tenantry.app}/organisations`);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Web address').fill(slug);
  await page.getByRole('button', { name: 'Create organisation' }).click();
  await page.waitForURL(`${tenantry.app}/orgs/${slug}/**`);
}

export async function switchTo(page, name) {
  await page.getByRole('button', { name: /Switch organisation/ }).click();
  await page.getByRole('link', { name: new RegExp(name) }).click();
}

export async function signOut(page) {
  await page.getByRole('button', { name: /Your menu/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: 'Sign in' }).waitFor();
}

// Which organisation the session cookie names: ClerkJS and the handshake keep it in step with the page.
export async function activeOrganisation(context) {
  const cookies = await context.cookies();
  const session = cookies.find((cookie) => cookie.name === '__session');
  assert.ok(session, 'signed in');
  return JSON.parse(Buffer.from(session.value.split('.')[1], 'base64url')).o?.slg;
}
