import { printable } from '@holdfast/vfs';
import type { HistoryReport } from './check.js';
import type { HistoryEvent } from './event.js';
import type { HistoryViolation } from './violation.js';

/** How much of a report is to be shown. */
export interface DescribeHistoryOptions {
  /** How many violations to show. Default 5. */
  readonly violations?: number;
  /** How many events to show around each. Default 30. */
  readonly events?: number;
}

/** The report for people: one line of numbers, then the offending stretch of each violation, one event a line. */
export function describeHistory(
  report: HistoryReport,
  { violations: limit = 5, events: around = 30 }: DescribeHistoryOptions = {},
): string {
  const { events, grants, processes, updates, violations } = report;
  const verdict = violations.length === 0 ? 'no violation' : `${violations.length} violations`;
  const lines = [
    `${verdict} in ${events.length} events of ${processes} processes: ${grants} grants, ${updates} updates`,
  ];
  for (const violation of violations.slice(0, limit)) lines.push('', ...stretch(violation, events, around));
  if (violations.length > limit) lines.push('', `… and ${violations.length - limit} more`);
  return lines.map(printable).join('\n');
}

function stretch(violation: HistoryViolation, all: readonly HistoryEvent[], around: number): string[] {
  const { fault, lock, message, from, until, processes } = violation;
  const near = all.filter((event) => event.lock === lock);
  const first = near.findIndex(({ at }) => at >= from);
  const last = near.findLastIndex(({ at }) => at <= until);
  const room = Math.max(2, Math.floor((around - (last - first)) / 2));
  const shown = near.slice(Math.max(0, first - room), last + room + 1);
  const start = shown[0]?.at ?? 0;
  const width = Math.max(...shown.map((event) => event.process.length));
  const rows = shown.map((event) => {
    const concerned = event.at >= from && event.at <= until && processes.includes(event.process);
    const time = `+${(event.at - start).toFixed(3)}`.padStart(12);
    return `${concerned ? '>' : ' '}${time} ms  ${event.process.padEnd(width)}  ${said(event)}`;
  });
  const hidden = rows.length - around;
  if (hidden > 0) rows.splice(around / 2, hidden, `  … ${hidden} events …`);
  return [`${fault} on ${JSON.stringify(lock)}: ${message}`, ...rows];
}

function said(event: HistoryEvent): string {
  if (!('token' in event)) return event.type;
  const change = event.type === 'update' ? ` ${event.from} -> ${event.to}, token` : '';
  return `${event.type}${change} ${event.token}`;
}
