// From rounds to tables on the terminal, and to docs/performance.md with a picture: report.mjs PEERS GROWTH.
import { readFileSync } from 'node:fs';
import { bars } from '../chart.mjs';
import { machine, table, writePicture, writeSection } from '../document.mjs';
import { groups, median } from '../statistics.mjs';

const rounds = (file) => groups(readFileSync(file, 'utf8').trim().split('\n').map((line) => {
  const [name, ...figures] = line.split('\t');
  const [rate, p50, p99, memory] = figures.map(Number);
  return { name, rate, p50, p99, memory };
}), (one) => one.name);
const of = (all, name) => {
  const found = all.get(name);
  const middle = (what) => median(found.map((one) => one[what]));
  const rates = found.map((one) => one.rate);
  return { name, rate: middle('rate'), least: Math.min(...rates), most: Math.max(...rates), p50: middle('p50'), p99: middle('p99'), memory: middle('memory') };
};
const whole = (number) => Math.round(number).toLocaleString('en');

const peers = rounds(process.argv[2]);
const names = { tenantry: 'Tenantry', node: 'Node, pipelined', 'node-plain': 'Node, plain', python: 'Python', pgbench: 'pgbench, no HTTP' };
const stacks = Object.keys(names).map((name) => of(peers, name));
const ours = stacks[0];
const head = ['', 'requests/s, median', 'least to most', 'p50 ms', 'p99 ms', 'memory MB', 'Tenantry is'];
const rows = stacks.map((one) => [names[one.name], whole(one.rate), `${whole(one.least)} to ${whole(one.most)}`, one.p50.toFixed(2), one.p99.toFixed(2),
  one.memory ? whole(one.memory) : '', one === ours ? '' : `${(ours.rate / one.rate).toFixed(2)} of it`]);

const growth = rounds(process.argv[3]);
const sizes = ['10', '1000', '100000'].map((size) => of(growth, size));
const growthRows = sizes.map((one) => [whole(Number(one.name)), whole(one.rate), one.p50.toFixed(2), one.p99.toFixed(2), (one.p50 / sizes[0].p50).toFixed(2)]);
const growthHead = ['organisations', 'requests/s', 'p50 ms', 'p99 ms', 'p50 against 10'];
for (const lines of [[head, ...rows], [growthHead, ...growthRows]]) {
  console.log();
  for (const cells of lines) console.log(cells.map((cell) => cell.padEnd(20)).join(''));
}

const count = peers.get('tenantry').length;
writePicture('peers.svg', bars('Requests a second, one endpoint, two cores shared with the load',
  stacks.map((one) => ({ name: names[one.name], value: one.rate, note: `${whole(one.rate)}/s, p99 ${one.p99.toFixed(1)} ms` }))));
writeSection('peers', `_${await machine()}, Node ${process.versions.node}; ${count} rounds; wrk with 32 connections, pgbench with 8._

![Requests a second](performance/peers.svg)

${table(head, rows)}

Memory is the resident memory of all of a stack's processes together.`);
writeSection('growth', `_${count} rounds; wrk with 8 connections._\n\n${table(growthHead, growthRows)}`);
