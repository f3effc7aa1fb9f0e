// Starts the whole of Tenantry for a test, as a newcomer would, and stops it again.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const program = new URL('../../target/debug/tenantry', import.meta.url).pathname;

const isFree = (port) => new Promise((resolve) => {
  const probe = createServer().once('error', () => resolve(false)).once('listening', () => probe.close(() => resolve(true)));
  probe.listen(port, '127.0.0.1');
});

// Four free ports in a row, so that tests run beside whatever else is running.
async function freePorts() {
  for (;;) {
    const base = 20_000 + 5 * Math.floor(Math.random() * 2_000);
    const free = await Promise.all([0, 1, 2, 3, 4].map((offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
}

export class Tenantry {
  constructor(...options) {
    this.options = options;
    this.folder = mkdtempSync(join(tmpdir(), 'tenantry-e2e-'));
    // As root, Postgres runs as another user, who has to get in.
    chmodSync(this.folder, 0o755);
    this.lines = [];
  }

  get app() { return `http://localhost:${this.basePort}`; }
  get clerk() { return `http://localhost:${this.basePort + 1}`; }
  // Where browsers reach Clerk's Frontend API: through the app (--clerk-proxy), or on Clerk's own port.
  get frontend() { return this.env.CLERK_PROXY_URL; }
  get mailbox() { return `http://localhost:${this.basePort + 3}`; }

  // Ready when it says so; fails with what it printed otherwise.
  async start() {
    this.basePort ??= await freePorts();
    this.child = spawn(program, ['dev', '--base-port', this.basePort, '--data-dir', this.folder, ...this.options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TEST_DATABASE_URL: '', DATABASE_URL: '', NO_COLOR: '1' },
    });
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
    const ready = new Promise((resolve, reject) => {
      for (const stream of [this.child.stdout, this.child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          this.lines.push(line);
          if (line.trim() === 'ready') resolve();
        });
      }
      this.exited.then((code) => reject(new Error(`tenantry dev ended with ${code}:\n${this.lines.slice(-40).join('\n')}`)));
      setTimeout(() => reject(new Error(`not ready after 60 s:\n${this.lines.slice(-40).join('\n')}`)), 60_000).unref();
    });
    await ready;
    this.env = Object.fromEntries(
      readFileSync(join(this.folder, 'dev.env'), 'utf8').split('\n').filter((line) => /^[A-Z_]+=/.test(line))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).replace(/^(['"])(.*)\1$/, '$2')]),
    );
    return this;
  }

  // As Ctrl-C does.
  async stop() {
    if (this.child.exitCode === null) this.child.kill('SIGINT');
    await this.exited;
  }

  async remove() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  // What no page does: asked of the database itself, by its administrator.
  sql(statement) {
    const url = this.env.OWNER_DATABASE_URL.replace(/\/\/[^@/]*@/, '//postgres@');
    execFileSync('psql', ['-v', 'ON_ERROR_STOP=1', '-c', statement, url]);
  }

  // What the program logged; the canary test reads it.
  get log() { return this.lines.join('\n'); }
}
