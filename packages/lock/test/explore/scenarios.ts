import { isLockError, type Lock, type LockOptions } from '@holdfast/lock';
import { isVFSError, type VFS } from '@holdfast/vfs';
import type { ActorScript, ActorWorld, Scenario } from '@holdfast/testkit/explore';
import { ledgerRules } from './first-edition-rules.js';

/** The class `Lock`, or a mutant of it. */
export type LockClass = new (vfs: VFS, options: LockOptions) => Lock;

const DIRECTORY = '/lockfile-x';
const TICK_MS = 50;
const WINDOW_MS = 2 * TICK_MS;

/**
 * Two ticks are a window, and one is a heartbeat. All timings are a little below a multiple of a tick, so that jitter
 * makes no difference: `pollMs` is jittered by up to 1.3.
 */
const TIMING = { staleAfterMs: WINDOW_MS, heartbeatMs: 45, marginMs: 10, pollMs: 76 } as const;

type Part = Partial<LockOptions> & {
  /** How often to acquire and release. Default 1. */
  readonly rounds?: number;
  readonly timeoutMs?: number;
  /** Gives up at once if the lock is held. */
  readonly once?: boolean;
};

export type LockScenarioName =
  | 'inTurn'
  | 'again'
  | 'fresh'
  | 'takeover'
  | 'lateClaim'
  | 'cleanUp'
  | 'tidyUp'
  | 'windows'
  | 'names'
  | 'mount'
  | 'timeouts'
  | 'once'
  | 'strays'
  | 'three'
  | 'threeTakeover';

/** Scenarios that the real lock must get through, whatever happens. */
export function lockScenarios(LockType: LockClass): Record<LockScenarioName, Scenario> {
  const lockOf = (world: ActorWorld, options: Partial<LockOptions> = {}): Lock =>
    new LockType(world.vfs, { ...TIMING, id: 'x', clock: world.clock, random: world.random, ...options });

  const contender =
    ({ rounds = 1, timeoutMs, once = false, ...options }: Part = {}): ActorScript =>
    async (world) => {
      const lock = lockOf(world, options);
      for (let round = 0; round < rounds; round++) {
        const lease = once ? await lock.tryAcquire() : await lock.acquire({ timeoutMs });
        world.granted(lease);
        await world.step('work');
        await lease.release();
      }
    };

  const common = {
    rules: ledgerRules(DIRECTORY),
    tolerates: (error: unknown): boolean =>
      isVFSError(error) || isLockError(error, 'ELOCKED', 'ELOCKTIMEOUT', 'ELOCKLOST'),
    tickMs: TICK_MS,
    // Polls far apart: a look at the beginning of the window, and one at its end.
    capabilities: { cost: 'metered' },
    aftermath: {
      script: async (world: ActorWorld): Promise<void> => world.granted(await lockOf(world).acquire()),
      withinMs: WINDOW_MS + 2 * WINDOW_MS,
    },
  } as const;

  const prepared =
    (...entries: string[]) =>
    async (vfs: VFS): Promise<void> => {
      await vfs.mkdir(DIRECTORY);
      await vfs.mkdir(`${DIRECTORY}/window.${WINDOW_MS}.first`);
      for (const entry of entries) {
        if (entry.endsWith('.beat')) await vfs.writeFile(`${DIRECTORY}/${entry}`, 'of a dead holder');
        else await vfs.mkdir(`${DIRECTORY}/${entry}`);
      }
    };

  return {
    inTurn: {
      ...common,
      name: 'two contenders, one after the other',
      setup: prepared(),
      actors: { A: contender(), B: contender() },
      ticks: 2,
    },
    again: {
      ...common,
      name: 'two contenders, one of them twice',
      setup: prepared(),
      actors: { A: contender({ rounds: 2 }), B: contender() },
      ticks: 2,
    },
    fresh: {
      ...common,
      name: 'two contenders where there was never a lock',
      actors: { A: contender(), B: contender() },
      ticks: 1,
    },
    takeover: {
      ...common,
      name: 'a dead holder and two contenders',
      setup: prepared(number(1), `${number(1)}.beat`),
      actors: { A: contender(), B: contender() },
      ticks: 3,
    },
    lateClaim: {
      ...common,
      name: 'one goes through numbers and cleans up, the other claims late',
      setup: prepared(),
      actors: { A: contender({ rounds: 3 }), B: contender() },
      ticks: 1,
    },
    cleanUp: {
      ...common,
      name: 'old numbers to clean up',
      setup: prepared(...[1, 2, 3].flatMap((n) => [number(n), `${number(n)}.beat`, `${number(n)}.free`])),
      actors: { A: contender(), B: contender() },
      ticks: 2,
    },
    tidyUp: {
      ...common,
      name: 'one old number to clean up',
      setup: prepared(...[1, 2].flatMap((n) => [number(n), `${number(n)}.free`])),
      actors: { A: contender(), B: contender() },
      ticks: 2,
    },
    windows: {
      ...common,
      name: 'a long and a short window',
      setup: (vfs) => vfs.mkdir(DIRECTORY),
      actors: { A: contender({ staleAfterMs: 4 * TICK_MS, heartbeatMs: 85 }), B: contender() },
      ticks: 3,
      aftermath: { ...common.aftermath, withinMs: 6 * WINDOW_MS },
    },
    names: {
      ...common,
      name: 'a dead holder, where only content shows life',
      capabilities: { cost: 'local', listing: 'names' },
      setup: prepared(number(1), `${number(1)}.beat`),
      actors: { A: contender({ pollMs: 38 }), B: contender({ pollMs: 38 }) },
      ticks: 3,
    },
    mount: {
      ...common,
      name: 'a dead holder, where a beat is a name',
      capabilities: { cost: 'network', listing: 'names' },
      setup: prepared(number(1), `${number(1)}.beat`, `${number(1)}.beat.0`),
      actors: { A: contender(), B: contender() },
      ticks: 3,
    },
    timeouts: {
      ...common,
      name: 'two contenders without patience',
      setup: prepared(),
      actors: { A: contender({ timeoutMs: 95 }), B: contender({ timeoutMs: 45 }) },
      ticks: 2,
    },
    once: {
      ...common,
      name: 'a dead holder, and two who try but once',
      setup: prepared(number(1), `${number(1)}.beat`),
      actors: { A: contender({ once: true }), B: contender({ once: true }) },
      ticks: 3,
    },
    strays: {
      ...common,
      name: 'marks without a claim, which one has seen and the other has not',
      setup: prepared(number(1), `${number(1)}.free`),
      actors: {
        A: contender(),
        B: contender(),
        // What somebody sent long ago, and what arrives only now.
        C: ({ vfs }) => vfs.mkdir(`${DIRECTORY}/${number(3)}.free`),
      },
      rules: ledgerRules(DIRECTORY, { mayFree: true, mayTakeBack: true }),
      ticks: 2,
    },
    three: {
      ...common,
      name: 'three contenders',
      setup: prepared(),
      actors: { A: contender(), B: contender(), C: contender() },
      ticks: 1,
    },
    threeTakeover: {
      ...common,
      name: 'a dead holder and three contenders',
      setup: prepared(number(1), `${number(1)}.beat`),
      actors: { A: contender(), B: contender(), C: contender() },
      ticks: 3,
    },
  };
}

/**
 * `scenario`, for walks in which everything may be slow at any time: there a storage may rightly be called unsafe, since
 * its claims take too long.
 */
export function tolerant(scenario: Scenario): Scenario {
  const tolerates = (error: unknown): boolean =>
    isLockError(error, 'EUNSAFESTORAGE') || scenario.tolerates?.(error) === true;
  return { ...scenario, tolerates };
}

function number(token: number): string {
  return String(token).padStart(12, '0');
}
