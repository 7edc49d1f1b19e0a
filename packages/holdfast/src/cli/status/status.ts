import { inspectAll, Lock, type LockInfo, type UnreadableLock } from '@holdfast/lock';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { ExitStatus } from '../exit-status.js';
import { messageOf } from '../failure.js';
import { safeJSON, statusJSON } from './status-json.js';
import { openTarget, type CliTarget } from '../target/cli-target.js';
import type { StatusSettings } from '../settings.js';
import { lockTable } from './table.js';

const REFRESH_MS = 1_000;

/** `holdfast status`: shows the locks at a target. @returns the exit status */
export async function status(settings: StatusSettings): Promise<number> {
  const target = await openTarget(settings.on);
  try {
    const first = await look(target, settings.id);
    if (!settings.watch) write(settings, target, first);
    else if (process.stdout.isTTY && !settings.json) await watchLive(settings, target, first);
    else await watchLines(settings, target, first);
    return ExitStatus.done;
  } finally {
    await target.vfs.close();
  }
}

async function look({ vfs }: CliTarget, id: string | undefined): Promise<(LockInfo | UnreadableLock)[]> {
  return id === undefined ? inspectAll(vfs, '/') : [await new Lock(vfs, { id }).inspect()];
}

function write(
  { json }: StatusSettings,
  target: CliTarget,
  locks: readonly (LockInfo | UnreadableLock)[],
): void {
  const now = Date.now();
  const text = json
    ? safeJSON(statusJSON(target.name, locks, now), 2)
    : describe(target, locks, now, process.stdout.isTTY ? process.stdout.columns || 80 : undefined);
  process.stdout.write(`${text}\n`);
}

function describe(
  target: CliTarget,
  locks: readonly (LockInfo | UnreadableLock)[],
  now: number,
  columns: number | undefined,
): string {
  if (locks.length === 0) return `No locks in ${target.name}`;
  return lockTable(locks, now, { columns, colours: process.stdout.isTTY && process.stdout.hasColors() });
}

/** A table that is redrawn in place until Ctrl-C. */
async function watchLive(
  settings: StatusSettings,
  target: CliTarget,
  first: readonly (LockInfo | UnreadableLock)[],
): Promise<void> {
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => ended.abort());
  const draw = createLogUpdate(process.stdout, { showCursor: true });
  let locks = first;
  let trouble = '';
  while (!ended.signal.aborted) {
    const columns = process.stdout.columns || 80;
    const room = Math.max(1, (process.stdout.rows || 24) - 5);
    const now = Date.now();
    const hidden = locks.length > room ? `\n… and ${locks.length - room} more` : '';
    const footer =
      trouble === '' ? `${new Date(now).toLocaleTimeString()}  ${target.name}  Ctrl-C ends` : trouble;
    draw(`${describe(target, locks.slice(0, room), now, columns)}${hidden}\n\n${footer}`);
    await sleep(REFRESH_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    try {
      locks = await look(target, settings.id);
      trouble = '';
    } catch (error) {
      trouble = messageOf(error);
    }
  }
  draw.done();
}

/** The whole of it each time something changed: for logs and pipes. */
async function watchLines(
  settings: StatusSettings,
  target: CliTarget,
  first: readonly (LockInfo | UnreadableLock)[],
): Promise<void> {
  let locks = first;
  let before = '';
  for (;;) {
    const key = JSON.stringify(locks.map(changing));
    if (key !== before) {
      if (settings.json) process.stdout.write(`${safeJSON(statusJSON(target.name, locks, Date.now()))}\n`);
      else write(settings, target, locks);
    }
    before = key;
    await sleep(REFRESH_MS);
    locks = await look(target, settings.id);
  }
}

/** What is worth telling of again: who holds and who waits, not how old a heartbeat is. */
function changing(lock: LockInfo | UnreadableLock): unknown {
  if (lock.state === 'unreadable') return [lock.id, lock.state];
  const claims = [...lock.holders, ...lock.waiters].map(({ token, mode, holder }) => [token, mode, holder]);
  return [lock.id, lock.state, lock.holders.length, claims];
}
