import { Lock } from '@holdfast/lock';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../duration.js';
import { ExitStatus } from '../exit-status.js';
import { Notices } from '../notices.js';
import type { WaitSettings } from '../settings.js';
import { assertThere, openTarget } from '../target/cli-target.js';
import { lookAt } from './lock-status.js';

const LOOK_EVERY_MS = 1_000;

/** `holdfast wait`: until nobody holds a lock. @returns the exit status */
export async function waitUntilFree({ on, id, timeout = Infinity }: WaitSettings): Promise<number> {
  const endsAt = performance.now() + timeout;
  const target = await openTarget(on);
  try {
    await assertThere(target);
    for (;;) {
      const locks = await lookAt(target, [id]);
      const broken = locks.find((lock) => lock.state === 'unreadable');
      if (broken !== undefined) throw broken.error;
      if (locks.every(({ state }) => state === 'free')) return ExitStatus.done;
      // Nobody would free what a dead holder left, if nobody else came for it.
      const isDead =
        locks.every(({ kind, state }) => kind === 'lock' && state === 'suspect') &&
        (await isStale(new Lock(target.vfs, { id }), endsAt));
      if (isDead) return ExitStatus.done;
      const remainingMs = endsAt - performance.now();
      if (remainingMs <= 0) break;
      await sleep(Math.min(LOOK_EVERY_MS, remainingMs));
    }
    new Notices({ quiet: false }).warn(
      `lock "${id}" was not free within --timeout ${formatDuration(timeout)}`,
    );
    return ExitStatus.notObtained;
  } finally {
    await target.vfs.close();
  }
}

/** A verdict takes as long as a window; the caller has the last word. */
async function isStale(lock: Lock, endsAt: number): Promise<boolean> {
  const remainingMs = Math.ceil(endsAt - performance.now());
  if (remainingMs === Infinity) return lock.isStale();
  if (remainingMs <= 0) return false;
  const signal = AbortSignal.timeout(remainingMs);
  try {
    return await lock.isStale({ signal });
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
