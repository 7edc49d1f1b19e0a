import { printable } from '@holdfast/vfs';
import type { Replay, ReplayRow } from './replay.js';
import { formatSchedule } from './transition.js';

export interface DiagramOptions {
  /** Default `text`. */
  readonly format?: 'text' | 'mermaid' | 'svg';
  /** How to refer to the scenario in the line that replays the run, in source code. Default `scenario`. */
  readonly as?: string;
}

/** A space-time diagram of a run: time goes down, one column for each actor, a bar where it holds the lock. */
export function diagram(of: Replay, { format = 'text', as = 'scenario' }: DiagramOptions = {}): string {
  switch (format) {
    case 'text':
      return text(of, as);
    case 'mermaid':
      return mermaid(of);
    case 'svg':
      return svg(of);
  }
}

/** The call that takes this very run again. */
export function replayLine({ schedule }: Replay, as = 'scenario'): string {
  return `await replay(${as}, '${formatSchedule(schedule)}')`;
}

function verdict({ scenario, violation }: Replay): string {
  return violation === undefined
    ? `${scenario}: no violation`
    : `${scenario}: ${violation.kind}: ${violation.message}`;
}

/** Those of the scenario, and whoever came after them. */
function columnsOf({ actors, rows }: Replay): string[] {
  const others = rows.flatMap(({ actor }) => (actor === undefined || actors.includes(actor) ? [] : [actor]));
  return [...actors, ...new Set(others)];
}

function text(of: Replay, as: string): string {
  const columns = columnsOf(of);
  const width = Math.max(
    24,
    ...of.rows.flatMap((row) => (row.actor === undefined ? [] : [said(row).length + 3])),
  );
  const lines = [
    verdict(of),
    '',
    `      ms  ${columns.map((name) => name.padEnd(width)).join('')}`.trimEnd(),
  ];
  for (const row of of.rows) {
    const time = String(row.now).padStart(8);
    if (row.actor === undefined) {
      lines.push(`${time}  ${` ${row.text} `.padStart(width, '-').padEnd(width * columns.length, '-')}`);
      continue;
    }
    const cells = columns.map((name) => {
      const bar = row.holders.includes(name) ? '█' : '│';
      return `${bar} ${name === row.actor ? said(row) : ''}`.padEnd(width);
    });
    lines.push(`${time}  ${cells.join('')}`.trimEnd());
  }
  lines.push(
    '',
    '█ holds the lock by its own judgement, once the step is done',
    `replay: ${replayLine(of, as)}`,
  );
  return lines.map(printable).join('\n');
}

function said({ text: what, fault }: ReplayRow): string {
  return fault ? `⚡ ${what}` : what;
}

function mermaid(of: Replay): string {
  const lines = ['sequenceDiagram'];
  const columns = columnsOf(of);
  for (const name of [...columns, 'storage']) lines.push(`  participant ${name}`);
  let holders: readonly string[] = [];
  for (const row of of.rows) {
    const what = printable(said(row)).replaceAll(/[;#]/g, ' ');
    if (row.actor === undefined) lines.push(`  Note over ${columns[0] ?? ''},storage: ${what}`);
    else if (row.text.includes('→')) lines.push(`  ${row.actor}->>storage: ${what}`);
    else lines.push(`  Note over ${row.actor}: ${what}`);
    for (const name of columns) {
      if (row.holders.includes(name) && !holders.includes(name)) lines.push(`  activate ${name}`);
      if (!row.holders.includes(name) && holders.includes(name)) lines.push(`  deactivate ${name}`);
    }
    ({ holders } = row);
  }
  lines.push(`  Note over ${columns[0] ?? ''},storage: ${printable(verdict(of)).replaceAll(/[;#]/g, ' ')}`);
  return lines.join('\n');
}

const ROW = 20;
const TOP = 70;

function svg(of: Replay): string {
  const columns = columnsOf(of);
  const letters = Math.max(30, ...of.rows.map((row) => said(row).length));
  const column = letters * 6.7 + 40;
  const x = (index: number): number => 70 + index * column;
  const [width, height] = [x(columns.length), TOP + of.rows.length * ROW + 40];
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="monospace" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="10" y="22" font-weight="bold">${escaped(verdict(of))}</text>`,
  ];
  columns.forEach((name, index) => {
    parts.push(
      `<text x="${x(index) - 4}" y="${TOP - 20}" font-size="14" font-weight="bold">${escaped(name)}</text>`,
      `<line x1="${x(index)}" y1="${TOP - 12}" x2="${x(index)}" y2="${height - 30}" stroke="#999"/>`,
    );
  });
  of.rows.forEach((row, at) => {
    const y = TOP + at * ROW;
    columns.forEach((name, index) => {
      if (row.holders.includes(name))
        parts.push(`<rect x="${x(index) - 4}" y="${y - ROW / 2}" width="8" height="${ROW}" fill="#2a7"/>`);
    });
    if (row.actor === undefined) {
      parts.push(
        `<line x1="60" y1="${y}" x2="${width}" y2="${y}" stroke="#ccc" stroke-dasharray="4"/>`,
        `<text x="6" y="${y + 4}" fill="#777">${escaped(`${row.now} ms`)}</text>`,
      );
      return;
    }
    const at_ = x(columns.indexOf(row.actor));
    const color = row.fault ? '#c22' : '#222';
    parts.push(
      `<circle cx="${at_}" cy="${y}" r="3" fill="${color}"/>`,
      `<text x="${at_ + 10}" y="${y + 4}" fill="${color}">${escaped(said(row))}</text>`,
    );
  });
  parts.push('</svg>');
  return parts.join('\n');
}

function escaped(raw: string): string {
  return printable(raw).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
