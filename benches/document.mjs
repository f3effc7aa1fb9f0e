// Writes what was measured into docs/performance.md, between the markers of a section.
import { readFileSync, writeFileSync } from 'node:fs';

const docs = new URL('../docs/', import.meta.url);

/** Replaces everything between `<!-- name -->` and `<!-- /name -->`. */
export const writeSection = (name, markdown) => {
  const file = new URL('performance.md', docs);
  const text = readFileSync(file, 'utf8');
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no section ${open} … ${close}`);
  writeFileSync(file, `${text.slice(0, from + open.length)}\n${markdown.trim()}\n${text.slice(to)}`);
};

/** Writes a picture beside it. */
export const writePicture = (name, svg) => writeFileSync(new URL(`performance/${name}`, docs), svg);

/** A table; the columns after the first are numbers. */
export const table = (head, rows) =>
  [head, head.map((_, at) => (at === 0 ? '---' : '---:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The machine in a few words. */
export const machine = async () => {
  const { cpus, totalmem } = await import('node:os');
  const { execFileSync } = await import('node:child_process');
  const postgres = execFileSync('psql', ['-qXAt', process.env.TEST_DATABASE_URL, '-c', 'show server_version'], { encoding: 'utf8' });
  return `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, PostgreSQL ${postgres.trim().split(' ')[0]}, ${new Date().toISOString().slice(0, 10)}`;
};
