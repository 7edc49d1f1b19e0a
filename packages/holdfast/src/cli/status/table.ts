import type { ClaimInfo, Holder } from '@holdfast/lock';
import { printable } from '@holdfast/vfs';
import Table from 'cli-table3';
import cliTruncate from 'cli-truncate';
import { styleText } from 'node:util';
import { formatDuration } from '../duration.js';
import { messageOf } from '../failure.js';
import type { LockStatus } from './lock-status.js';

const HEAD = ['ID', 'TOKEN', 'STATE', 'WHO', 'ASKED', 'LAST BEAT', 'LABEL'];
const NOTHING = '-';
const COLOURS = {
  free: 'dim',
  held: 'green',
  shared: 'green',
  waits: 'cyan',
  suspect: 'yellow',
  detached: 'magenta',
  unreadable: 'red',
} as const;
type Word = keyof typeof COLOURS;

export interface Paper {
  /** `undefined` where lines may be of any length. */
  readonly columns: number | undefined;
  readonly colours: boolean;
}

/** The locks as a table for people, by id: a line for each that holds it, and below them one for each that waits, in order. */
export function lockTable(locks: readonly LockStatus[], now: number, { columns, colours }: Paper): string[] {
  const table = new Table({
    head: HEAD,
    chars: Object.fromEntries(BORDERS.map((name) => [name, ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2, compact: true },
  });
  const short = (text: string, share: number): string => {
    const clean = printable(text);
    return columns === undefined ? clean : cliTruncate(clean, Math.max(8, Math.floor(columns * share)));
  };
  const paint = (word: Word, text: string = word): string =>
    colours ? styleText(COLOURS[word], text) : text;
  const rowOf = (id: string, claim: ClaimInfo, state: string): string[] => {
    const { token, holder, since, ageMs } = claim;
    return [
      id,
      String(token),
      state,
      short(nameOf(holder), 0.25),
      ago(since === undefined ? undefined : now - since.getTime()),
      ago(ageMs),
      short(holder?.label ?? '', 0.2),
    ];
  };
  for (const lock of locks) {
    const id = short(lock.id, 0.25);
    const bare = (word: Word, note = ''): string[] => [
      id,
      NOTHING,
      paint(word),
      NOTHING,
      NOTHING,
      NOTHING,
      note,
    ];
    if (lock.state === 'unreadable') {
      table.push(bare('unreadable', short(messageOf(lock.error), 0.4)));
      continue;
    }
    if (lock.holders.length === 0) table.push(bare('free'));
    for (const claim of lock.holders) table.push(rowOf(id, claim, paint(stateOf(claim))));
    for (const [index, claim] of lock.waiters.entries()) {
      const place = `waits, ${ordinal(index + 1)}${claim.state === 'suspect' ? ', suspect' : ''}`;
      table.push(rowOf(id, claim, paint('waits', place)));
    }
  }
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  return lines.map((line) => (columns === undefined ? line : cliTruncate(line, columns)));
}

function stateOf({ mode, state }: ClaimInfo): Word {
  if (state !== 'alive') return state;
  return mode === 'shared' ? 'shared' : 'held';
}

function nameOf(holder: Holder | undefined): string {
  if (holder === undefined) return '?';
  return `${holder.pid ?? '?'}@${holder.host ?? '?'}`;
}

function ago(ms: number | undefined): string {
  return ms === undefined ? NOTHING : `${formatDuration(ms)} ago`;
}

function ordinal(place: number): string {
  const [teen, unit] = [Math.floor(place / 10) % 10 === 1, place % 10];
  if (teen || unit === 0 || unit > 3) return `${place}th`;
  return `${place}${['st', 'nd', 'rd'][unit - 1]}`;
}

const BORDERS =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle'.split(
    ' ',
  );
