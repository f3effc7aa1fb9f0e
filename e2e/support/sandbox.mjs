// Starts the sandbox alone, for tests that need no application, and stops it again.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { recorder } from './recorder.mjs';

const program = new URL('../../target/debug/tenantry-sandbox', import.meta.url).pathname;

export class Sandbox {
  constructor(...options) {
    this.options = options;
    this.folder = mkdtempSync(join(tmpdir(), 'tenantry-sandbox-'));
    this.stripeKey = 'sk_test_e2e';
  }

  // Ready when it says so, with the ports it took.
  async start() {
    const ports = ['--clerk-port', '0', '--stripe-port', '0', '--mailbox-port', '0'];
    this.child = spawn(program, [...ports, '--data-dir', this.folder, ...this.options], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, CLERK_SECRET_KEY: 'sk_test_e2e', STRIPE_SECRET_KEY: this.stripeKey, RUST_LOG: 'info' },
    });
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
    const lines = [];
    await new Promise((resolve, reject) => {
      createInterface({ input: this.child.stderr }).on('line', (line) => {
        lines.push(line);
        const ready = line.match(/the sandbox answers.* stripe=(\d+) mailbox="http:\/\/localhost:(\d+)"/);
        if (!ready) return;
        this.stripePort = Number(ready[1]);
        this.mailbox = `http://localhost:${ready[2]}`;
        resolve();
      });
      this.exited.then((code) => reject(new Error(`the sandbox ended with ${code}:\n${lines.join('\n')}`)));
    });
    // For the oracles (oracles/): what is answered is written down.
    const { STRIPE_ANSWERS } = process.env;
    if (STRIPE_ANSWERS) this.stripePort = await recorder(this.stripePort, STRIPE_ANSWERS);
    return this;
  }

  get stripe() { return `http://127.0.0.1:${this.stripePort}`; }

  // A call of the control page that must succeed.
  async control(path, body = {}) {
    const answer = await fetch(`${this.mailbox}/control${path}`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  async remove() {
    this.child?.kill('SIGTERM');
    await this.exited;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
