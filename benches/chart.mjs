// Pictures of figures, legible on white and on dark ground.
const style = `
  text { font: 12px system-ui, sans-serif; fill: #333a45 } .head { font-weight: 600 } .faint { fill: #6b7480 }
  .line { stroke: #b9c0ca } .band { fill: #2f9e6e; opacity: .16 } .first { fill: #2563c9; stroke: #2563c9 } .second { fill: #d97a16; stroke: #d97a16 }
  .other { fill: #8b95a3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #dde3ea } .faint { fill: #9aa4b1 } .line { stroke: #4a5361 } .band { opacity: .28 }
    .first { fill: #6ea2ff; stroke: #6ea2ff } .second { fill: #f4a04b; stroke: #f4a04b } .other { fill: #78828f }
  }`;
const escaped = (text) => String(text).replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
const text = (x, y, words, attributes = '') => `<text x="${x}" y="${y}" ${attributes}>${escaped(words)}</text>`;
const picture = (height, title, body) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 ${height}" role="img"><title>${escaped(title)}</title><style>${style}</style>\n${body.join('\n')}\n</svg>\n`;

/** Two ratios a row, each a point on the line of its middle half. Rows: {group, name, first: [low, middle, high], second}. */
export const ratios = (title, legend, [from, to], band, rows) => {
  const x = (ratio) => (230 + (Math.min(Math.max(ratio, from), to) - from) / (to - from) * 510).toFixed(1);
  const body = [text(10, 18, title, 'class="head"')];
  legend.forEach((words, at) => body.push(`<circle cx="${236 + at * 190}" cy="34" r="4" class="${at ? 'second' : 'first'}"/>`, text(246 + at * 190, 38, words)));
  let y = 56;
  const marks = [];
  let group = '';
  for (const row of rows) {
    if (row.group !== group) {
      marks.push(text(10, y + 16, row.group, 'class="head"'));
      group = row.group;
      y += 22;
    }
    marks.push(text(20, y + 12, row.name));
    [row.first, row.second].forEach(([low, middle, high], at) => {
      const [line, name] = [y + 5 + at * 6, at ? 'second' : 'first'];
      marks.push(`<path d="M${x(low)} ${line}H${x(high)}" class="${name}"/><circle cx="${x(middle)}" cy="${line}" r="2.6" class="${name}"/>`);
    });
    y += 17;
  }
  body.push(`<rect x="${x(band[0])}" y="50" width="${x(band[1]) - x(band[0])}" height="${y - 50}" class="band"/>`, `<path d="M${x(1)} 50V${y}" class="line"/>`);
  for (const at of [from, band[0], 1, band[1], to]) body.push(text(x(at), y + 16, ({ [from]: '≤ ', [to]: '≥ ' }[at] ?? '') + at.toFixed(2), 'text-anchor="middle" class="faint"'));
  return picture(y + 28, title, [...body, ...marks]);
};

/** One bar a row. Rows: {name, value, note}; the first row is ours. */
export const bars = (title, rows) => {
  const most = Math.max(...rows.map((row) => row.value));
  const body = [text(10, 18, title, 'class="head"')];
  rows.forEach(({ name, value, note }, at) => {
    const y = 34 + at * 32;
    const width = (value / most * 330).toFixed(1);
    body.push(text(10, y + 15, name), `<rect x="200" y="${y}" width="${width}" height="20" rx="3" class="${at ? 'other' : 'first'}"/>`,
      text(208 + Number(width), y + 15, note));
  });
  return picture(44 + rows.length * 32, title, body);
};
