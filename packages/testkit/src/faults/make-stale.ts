import { directoryName, Lock, type LockOptions } from '@holdfast/lock';
import { joinPath, systemClock, type Clock, type Timer, type VFS } from '@holdfast/vfs';

/** Which lock to leave behind, and since when. `id`, `dir`, `staleAfterMs` and `label` are as those of `Lock`. */
export interface MakeStaleOptions extends Pick<LockOptions, 'id' | 'dir' | 'staleAfterMs' | 'label'> {
  /** How long ago its holder showed its last sign of life, in milliseconds. Default an hour. */
  readonly ageMs?: number;
  /** By which its holder lived, and which tells what is an hour ago. Default: the machine's clock. */
  readonly clock?: Clock;
}

/**
 * Leaves a lock behind as a holder does that dies while it holds it: claimed, with one heartbeat, and nobody there.
 * Whoever wants it then observes it for a window, which is no time at all on a `VirtualClock`.
 *
 * Where the storage can set times, they are set back, so that a one-shot `tryAcquire` suspects it at once.
 *
 * Source of the idea: `MakeStale` of golang-utils' `RemoteLockFile`.
 *
 * @returns the token of the claim
 * @throws `LockedError` if somebody who lives holds the lock
 *
 * @example
 * await makeStale(vfs, { id: 'deploy', clock, staleAfterMs: 10_000 });
 * await clock.runUntil(lock.acquire()); // ten seconds later, of virtual time
 */
export async function makeStale(
  vfs: VFS,
  { ageMs = 3_600_000, clock = systemClock, ...options }: MakeStaleOptions,
): Promise<number> {
  const mortal = new MortalClock(clock, Math.min(SOON_MS, (options.staleAfterMs ?? Infinity) / 100));
  let heard: () => void = () => undefined;
  const beaten = new Promise<void>((resolve) => (heard = resolve));
  const lock = new Lock(vfs, {
    ...options,
    clock: mortal,
    onEvent: ({ type }) => {
      if (type === 'beat' || type === 'beat-failed') heard();
    },
  });
  const { token } = await lock.tryAcquire();
  await beaten;
  mortal.stop();
  if (vfs.capabilities.chtimes) {
    const directory = joinPath(options.dir ?? '/', directoryName(options.id) ?? '');
    await setBack(vfs, directory, token, new Date(clock.wall() - ageMs));
  }
  return token;
}

async function setBack(vfs: VFS, directory: string, token: number, time: Date): Promise<void> {
  for (const { name } of await vfs.ls(directory)) {
    if (Number.parseInt(name, 10) === token) await vfs.chtimes(joinPath(directory, name), time, time);
  }
}

/** Longest delay of a first heartbeat, in milliseconds. */
const SOON_MS = 100;

/** A clock that ends, and every timer with it. What is due soon does not wait for anyone to turn the clock. */
class MortalClock implements Clock {
  readonly #clock: Clock;
  readonly #soonMs: number;
  readonly #timers = new Set<Timer>();
  #stopped = false;

  constructor(clock: Clock, soonMs: number) {
    this.#clock = clock;
    this.#soonMs = soonMs;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  wall(): number {
    return this.#clock.wall();
  }

  schedule(run: () => void, delayMs: number): Timer {
    if (delayMs <= this.#soonMs) {
      let cancelled = false;
      queueMicrotask(() => {
        if (!cancelled && !this.#stopped) run();
      });
      return { cancel: () => (cancelled = true) };
    }
    if (this.#stopped) return { cancel: () => undefined };
    const timer = this.#clock.schedule(run, delayMs, { background: true });
    this.#timers.add(timer);
    return timer;
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
  }
}
