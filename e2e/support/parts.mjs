// The parts of a house that has stood once, each by itself: Postgres, the sandbox, the server and the worker, so that one
// can go away while people work and come back.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Tenantry } from './tenantry.mjs';

const built = (name) => new URL(`../../target/debug/${name}`, import.meta.url).pathname;
const clerkJs = new URL('../../node_modules/@clerk/clerk-js/dist', import.meta.url).pathname;

export class Parts extends Tenantry {
  running = new Map();

  // Once as a whole, for its data and its configuration; then part by part.
  async start() {
    await super.start();
    await super.stop();
    // The command does nothing: Postgres stands around it for as long as it runs.
    this.#begin('postgres', 'pg-local', ['run', '--data-dir', this.folder, '--', 'sh', '-c', 'echo stands; exec sleep infinity']);
    await this.says('postgres stands');
    await this.startPart('sandbox');
    await this.startPart('server');
    await this.startPart('worker');
    await this.answers(`${this.app}/readyz`, 200);
    return this;
  }

  async startPart(name) {
    if (name !== 'sandbox') return this.#begin(name, 'tenantry', [name === 'server' ? 'serve' : 'work']);
    this.#begin(name, 'tenantry-sandbox', [
      '--clerk-port', this.basePort + 1, '--stripe-port', this.basePort + 2, '--mailbox-port', this.basePort + 3, '--smtp-port', this.basePort + 4,
      '--data-dir', `${this.folder}/sandbox`, '--app-url', this.app, '--webhook-url', `${this.app}/webhooks/clerk`,
      '--publishable-key', this.env.CLERK_PUBLISHABLE_KEY, '--clerk-js', clerkJs,
    ]);
    await this.answers(`${this.clerk}/v1/health`, 200);
  }

  #begin(name, program, args) {
    const child = spawn(built(program), args.map(String), {
      stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, RUST_LOG: 'info', ...this.env },
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.lines.push(`${name} ${line}`));
    }
    this.running.set(name, { child, exited: new Promise((resolve) => child.once('exit', resolve)) });
  }

  async stopPart(name) {
    const part = this.running.get(name);
    if (!part) return;
    this.running.delete(name);
    if (part.child.exitCode === null) part.child.kill('SIGTERM');
    await part.exited;
  }

  // Waits for a line of a part's.
  async says(line) {
    const begun = Date.now();
    while (!this.lines.includes(line)) {
      if (Date.now() - begun > 30_000) throw new Error(`nobody says ${line}:\n${this.lines.slice(-30).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  // Waits for an answer with this status, and says how long that took, in seconds.
  async answers(url, status, options = {}) {
    const begun = Date.now();
    for (;;) {
      const answer = await fetch(url, { redirect: 'manual', ...options }).catch(() => null);
      if (answer?.status === status) return (Date.now() - begun) / 1000;
      if (Date.now() - begun > 30_000) throw new Error(`${url} does not answer ${status}:\n${this.lines.slice(-30).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop() {
    for (const name of ['worker', 'server', 'sandbox', 'postgres']) await this.stopPart(name);
    await super.stop();
  }
}
