// How a figure of each unit is written. A column's `unit` is one of these.
const WRITE = {
  time: (us) =>
    us < 10_000 ? `${us < 100 ? us.toFixed(1) : us.toFixed(0)} µs` : `${(us / 1_000).toFixed(1)} ms`,
  ratio: (times) => `${times.toFixed(2)} ×`,
  count: (count) => (count < 100 ? Number(count.toFixed(1)) : Math.round(count)).toLocaleString('en'),
  percent: (share) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`,
  memory: (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`,
};

/**
 * @param table `{ title, settings, columns: [{ key, title, unit }], rows: [{ name, … }] }`; a figure that a row lacks
 * stays empty
 */
export function printTable({ title, settings, columns, rows }) {
  const head = ['', ...columns.map((column) => column.title)];
  const lines = [head, ...rows.map((row) => [row.name, ...columns.map((column) => cell(row, column))])];
  const widths = head.map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  console.log(`\n${title}\n  ${settings}`);
  for (const line of lines) {
    const [name, ...figures] = line.map((text, at) =>
      at === 0 ? text.padEnd(widths[0]) : text.padStart(widths[at]),
    );
    console.log(`  ${[name, ...figures].join('   ').trimEnd()}`);
  }
}

function cell(row, { key, unit }) {
  const figure = row[key];
  if (figure === undefined || Number.isNaN(figure)) return '';
  return Number.isFinite(figure) ? WRITE[unit](figure) : 'no end';
}
