// What a person does before there is anything to test: sign up, sign in, create an organisation, change sides.
import assert from 'node:assert/strict';

const CODE = '424242';

// Waits for a page, and says which one there is instead.
export const arrives = (page, url) => orSays(page, page.waitForURL(url));

// Waits for a part of a page, and says what the page shows instead.
export const appears = (page, part) => orSays(page, part.waitFor());

async function orSays(page, waited) {
  try {
    await waited;
  } catch (error) {
    error.message += `\nat ${page.url()}, which says:\n${await page.locator('body').innerText()}`;
    throw error;
  }
}

export async function signUp(page, tenantry, { first, last, email }) {
  await page.goto(`${tenantry.app}/`);
  await page.getByRole('link', { name: 'Create account' }).click();
  await page.getByLabel('First name').fill(first);
  await page.getByLabel('Last name').fill(last);
  await page.getByLabel('Email address').fill(email);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Code', { exact: true }).fill(CODE);
  await page.getByRole('button', { name: 'Continue' }).click();
  await arrives(page, `${tenantry.app}/**`);
}

export async function signIn(page, tenantry, email, code = CODE) {
  await page.goto(`${tenantry.app}/`);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('Email address').fill(email);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Code', { exact: true }).fill(code);
  await page.getByRole('button', { name: 'Continue' }).click();
  await arrives(page, `${tenantry.app}/**`);
}

export async function createOrganisation(page, tenantry, name, slug) {
  await page.goto(`${tenantry.app}/organisations`);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Web address').fill(slug);
  await page.getByRole('button', { name: 'Create organisation' }).click();
  await arrives(page, `${tenantry.app}/orgs/${slug}/**`);
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

// Waits until the session cookie names an organisation: the handshake and ClerkJS keep it in step with the page, and
// of two tabs that both believe to be looked at, as tabs without a window do, the later one wins.
export async function activeOrganisationIs(context, slug) {
  let active;
  for (let tries = 0; tries < 40; tries += 1) {
    const session = (await context.cookies()).find((cookie) => cookie.name === '__session');
    active = session && JSON.parse(Buffer.from(session.value.split('.')[1], 'base64url')).o?.slg;
    if (active === slug) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assert.fail(`the session cookie names ${active}, not ${slug}`);
}
