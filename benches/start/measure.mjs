// Starts the server ten times: milliseconds until /readyz answers 200, and memory after that, idle.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { port } = new URL(process.env.PUBLIC_BASE_URL);
const ready = () => new Promise((resolve) => {
  const asked = request({ host: '127.0.0.1', port, path: '/readyz', headers: { host: `localhost:${port}` } }, (answer) => {
    answer.resume();
    resolve(answer.statusCode === 200);
  });
  asked.on('error', () => resolve(false)).end();
});
const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const times = [];
const memory = [];
for (let round = 0; round < 10; round += 1) {
  const began = performance.now();
  const server = spawn(process.argv[2], ['serve'], { stdio: 'inherit' });
  while (!(await ready())) await sleep(1);
  times.push(performance.now() - began);
  await sleep(300);
  memory.push(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024);
  const ended = new Promise((resolve) => { server.once('exit', resolve); });
  server.kill('SIGTERM');
  await ended;
}
console.log(`start to ready: median ${median(times).toFixed(0)} ms, slowest ${Math.max(...times).toFixed(0)} ms; idle memory: median ${median(memory).toFixed(1)} MB`);
