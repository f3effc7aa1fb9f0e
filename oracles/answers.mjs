// Every object that the sandbox's Stripe answers with while the tests of its calls and shapes run: collected anew each time.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';

export const root = new URL('..', import.meta.url).pathname;
export const folder = `${root}target/oracles`;
const TESTS = ['e2e/stripe_calls.test.mjs', 'e2e/stripe_shapes.test.mjs'];

// The objects of lists and events too, each form once.
export function collect() {
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/answers.jsonl`;
  rmSync(file, { force: true });
  // A test within a test is told nothing of the one around it.
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  execFileSync(process.execPath, ['--test', '--test-concurrency=1', ...TESTS], {
    cwd: root, env: { ...env, STRIPE_ANSWERS: file }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  const objects = new Map();
  const keep = (object) => {
    if (['list', 'search_result'].includes(object.object)) return object.data.forEach(keep);
    if (object.object === 'event') keep(object.data.object);
    objects.set(JSON.stringify(object), object);
  };
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) keep(JSON.parse(line));
  return [...objects.values()];
}
