import type { ClaimInfo, Holder, LockInfo, UnreadableLock } from '@holdfast/lock';
import { printable } from '@holdfast/vfs';
import Table from 'cli-table3';
import cliTruncate from 'cli-truncate';
import { styleText } from 'node:util';
import { formatDuration } from '../duration.js';
import { messageOf } from '../failure.js';

const HEAD = ['ID', 'TOKEN', 'STATE', 'HOLDER', 'HELD FOR', 'LAST BEAT', 'LABEL'];
const NOTHING = '-';
const COLOURS = { free: 'dim', held: 'green', suspect: 'yellow', unreadable: 'red' } as const;

export interface Paper {
  /** `undefined` where lines may be of any length. */
  readonly columns: number | undefined;
  readonly colours: boolean;
}

/** The locks as a table for people, by id. */
export function lockTable(
  locks: readonly (LockInfo | UnreadableLock)[],
  now: number,
  { columns, colours }: Paper,
): string {
  const table = new Table({
    head: HEAD,
    chars: Object.fromEntries(BORDERS.map((name) => [name, ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
  });
  const row = (id: string, claim: ClaimInfo, state: string): string[] => {
    const { token, holder, since, lastBeat, ageMs } = claim;
    return [
      id,
      String(token),
      state,
      short(nameOf(holder), 0.25),
      since === undefined ? NOTHING : formatDuration(now - since.getTime()),
      lastBeat === undefined || ageMs === undefined ? NOTHING : `${formatDuration(ageMs)} ago`,
      short(holder?.label ?? '', 0.2),
    ];
  };
  const short = (text: string, share: number): string => {
    const clean = printable(text);
    return columns === undefined ? clean : cliTruncate(clean, Math.max(8, Math.floor(columns * share)));
  };
  for (const lock of locks) {
    const id = short(lock.id, 0.25);
    const state = colours ? styleText(COLOURS[lock.state], lock.state) : lock.state;
    if (lock.state === 'unreadable') {
      table.push([id, NOTHING, state, short(messageOf(lock.error), 0.4), NOTHING, NOTHING, '']);
      continue;
    }
    if (lock.holders.length === 0) table.push([id, NOTHING, state, NOTHING, NOTHING, NOTHING, '']);
    for (const claim of lock.holders) table.push(row(id, claim, state));
    for (const claim of lock.waiters) table.push(row(id, claim, 'waits'));
  }
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  return lines.map((line) => (columns === undefined ? line : cliTruncate(line, columns))).join('\n');
}

function nameOf(holder: Holder | undefined): string {
  if (holder === undefined) return '?';
  return `${holder.pid ?? '?'}@${holder.host ?? '?'}`;
}

const BORDERS =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle'.split(
    ' ',
  );
