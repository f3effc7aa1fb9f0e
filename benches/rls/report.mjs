// From samples to a table on the terminal, and to docs/performance.md with its picture: report.mjs SAMPLES REQUESTS.
import { readFileSync } from 'node:fs';
import { ratios } from '../chart.mjs';
import { machine, table, writePicture, writeSection } from '../document.mjs';
import { groups, median, quantile } from '../statistics.mjs';

const lines = (file) => readFileSync(file, 'utf8').trim().split('\n').map((line) => line.split('\t'));
const samples = lines(process.argv[2])
  .map(([number, data, shape, wall, round, processor, time]) => ({ number, data, shape, wall, round, processor: +processor, time: +time }))
  // The number is the shape's; a stable sort keeps the rounds in order.
  .sort((a, b) => a.number - b.number);
const two = (number) => number.toFixed(2);
const micros = (number) => (number < 100 ? number.toFixed(1) : Math.round(number).toLocaleString('en'));

// Ratios are taken within a round: the same values, the same minute, a fresh connection each.
const rows = [...groups(samples, (one) => `${one.data}\t${one.shape}`).values()].map((ofShape) => {
  const by = (wall) => ofShape.filter((one) => one.wall === wall);
  const filter = by('filter');
  const against = (wall) => {
    const those = by(wall);
    const paired = those.map((one, at) => one.processor / filter[at].processor);
    const low = (list) => quantile(list.map((one) => one.processor), 0.1);
    return { middle: median(paired), least: Math.min(...paired), most: Math.max(...paired), half: [0.25, 0.5, 0.75].map((part) => quantile(paired, part)),
      low: low(those) / low(filter), time: median(those.map((one, at) => one.time / filter[at].time)) };
  };
  return { data: ofShape[0].data, shape: ofShape[0].shape, rounds: filter.length, time: median(filter.map((one) => one.time)),
    processor: median(filter.map((one) => one.processor)), policy: against('policy'), both: against('both') };
});

const spread = (of) => `${two(of.middle)} [${two(of.least)}..${two(of.most)}] ${two(of.low)}`;
console.log(`${'data'.padEnd(30)}${'shape'.padEnd(24)}${'filter µs wall/cpu'.padEnd(22)}${'RLS / filter'.padEnd(26)}both / filter`);
for (const row of rows) {
  console.log(row.data.padEnd(30) + row.shape.padEnd(24) + `${micros(row.time)} / ${micros(row.processor)}`.padEnd(22) + spread(row.policy).padEnd(26) + spread(row.both));
}

const requests = lines(process.argv[3]).map(([start, walled, unwalled]) => ({ start, walled: +walled, unwalled: +unwalled, ratio: walled / unwalled }));
const ofStarts = [...groups(requests, (one) => one.start).values()].map((ofStart) => median(ofStart.map((one) => one.ratio)));
const whole = { middle: median(requests.map((one) => one.ratio)), walled: median(requests.map((one) => one.walled)), unwalled: median(requests.map((one) => one.unwalled)) };
const request = `${two(whole.middle)} (${micros(whole.walled)} µs with both walls, ${micros(whole.unwalled)} µs without row-level security; ` +
  `medians of the ${ofStarts.length} starts from ${two(Math.min(...ofStarts))} to ${two(Math.max(...ofStarts))})`;
console.log(`whole request: ${request}`);
const named = (list, of) => (list.length ? `: ${list.map((row) => `${row.shape} on ${row.data} (${two(row[of].middle)})`).join(', ')}` : '');
const dearer = rows.filter((row) => row.policy.middle > 1.05);
const cheaper = rows.filter((row) => row.policy.middle < 0.95);
console.log(`RLS / filter of ${rows.length} shapes: ${dearer.length} above 1.05, ${cheaper.length} below 0.95`);

writePicture('rls.svg', ratios('Processor time against a filter without row-level security', ['row-level security alone', 'both walls'], [0.7, 1.3], [0.95, 1.05],
  rows.map((row) => ({ group: row.data, name: row.shape, first: row.policy.half, second: row.both.half }))));
const perData = [...groups(rows, (row) => row.data)].map(([data, ofData]) => `**${data}**\n\n` + table(
  ['shape', 'filter, µs wall / CPU', 'RLS / filter', 'both / filter'],
  ofData.map((row) => [row.shape, `${micros(row.time)} / ${micros(row.processor)}`, spread(row.policy), spread(row.both)])));
const rounds = rows.map((row) => row.rounds);
writeSection('rls', `_${await machine()}; ${Math.min(...rounds)} to ${Math.max(...rounds)} rounds._

![Processor time of each shape against a filter alone](performance/rls.svg)

A cell is the median of the rounds' ratios of the backend's processor time, [least..most], and the ratio of the tenth percentiles.
Of ${rows.length} shapes, row-level security alone costs more than 1.05 of the filter on ${dearer.length}${named(dearer, 'policy')}.
It costs less than 0.95 on ${cheaper.length}${named(cheaper, 'policy')}.

${perData.join('\n\n')}

**A whole request**, \`GET /api/v1/orgs/{slug}/procedures\`, both walls against none but the filter: ${request}.`);
