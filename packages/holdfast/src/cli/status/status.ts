import { setTimeout as sleep } from 'node:timers/promises';
import { ExitStatus } from '../exit-status.js';
import { messageOf } from '../failure.js';
import { Notices } from '../notices.js';
import type { StatusSettings } from '../settings.js';
import { assertThere, openTarget, type CliTarget } from '../target/cli-target.js';
import { changing, lookAt, type LockStatus } from './lock-status.js';
import { safeJSON, statusJSON } from './status-json.js';

const REFRESH_MS = 1_000;

/** `holdfast status`: shows the locks at a target. @returns the exit status */
export async function status(settings: StatusSettings): Promise<number> {
  const target = await openTarget(settings.on);
  try {
    const [first] = await Promise.all([lookAt(target, settings.id), assertThere(target)]);
    if (!settings.watch) await write(settings, target, first);
    else if (process.stdout.isTTY && !settings.json) await watchLive(settings, target, first);
    else await watchLines(settings, target, first);
    const isHeld = first.some(({ state }) => state !== 'free');
    return settings.exitStatus && isHeld ? ExitStatus.refused : ExitStatus.done;
  } finally {
    await target.vfs.close();
  }
}

async function write(
  { json }: StatusSettings,
  target: CliTarget,
  locks: readonly LockStatus[],
): Promise<void> {
  const now = Date.now();
  const columns = process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
  const text = json
    ? safeJSON(statusJSON(target.name, locks, now), 2)
    : (await describe(target, locks, now, columns)).join('\n');
  process.stdout.write(`${text}\n`);
}

/** Lines for people. */
async function describe(
  target: CliTarget,
  locks: readonly LockStatus[],
  now: number,
  columns: number | undefined,
): Promise<string[]> {
  // Takes longer to load than to read what a program wants to know.
  const { lockTable } = await import('./table.js');
  if (locks.length === 0) return [`No locks in ${target.name}`];
  return lockTable(locks, now, { columns, colours: process.stdout.isTTY && process.stdout.hasColors() });
}

/** A table that is redrawn in place until Ctrl-C. */
async function watchLive(
  settings: StatusSettings,
  target: CliTarget,
  first: readonly LockStatus[],
): Promise<void> {
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => ended.abort());
  const { createLogUpdate } = await import('log-update');
  const draw = createLogUpdate(process.stdout, { showCursor: true });
  let locks = first;
  let trouble = '';
  while (!ended.signal.aborted) {
    const now = Date.now();
    const lines = await describe(target, locks, now, process.stdout.columns || 80);
    const room = Math.max(2, (process.stdout.rows || 24) - 4);
    const shown =
      lines.length > room ? [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more`] : lines;
    const footer =
      trouble === '' ? `${new Date(now).toLocaleTimeString()}  ${target.name}  Ctrl-C ends` : trouble;
    draw(`${shown.join('\n')}\n\n${footer}`);
    await sleep(REFRESH_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    try {
      locks = await lookAt(target, settings.id);
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
  first: readonly LockStatus[],
): Promise<never> {
  const notices = new Notices({ quiet: false });
  let locks = first;
  let before = '';
  let trouble = '';
  for (;;) {
    const now = changing(locks);
    if (now !== before) {
      if (settings.json) process.stdout.write(`${safeJSON(statusJSON(target.name, locks, Date.now()))}\n`);
      else await write(settings, target, locks);
    }
    before = now;
    await sleep(REFRESH_MS);
    try {
      locks = await lookAt(target, settings.id);
      trouble = '';
    } catch (error) {
      const message = messageOf(error);
      if (message !== trouble) notices.warn(message);
      trouble = message;
    }
  }
}
