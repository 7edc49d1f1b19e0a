import { isLockError, type Lease, type Lock, type LockOptions } from '@holdfast/lock';
import type { ActorScript, ActorWorld, Scenario } from '@holdfast/testkit/explore';
import { isVFSError, type VFS } from '@holdfast/vfs';
import { ledgerRules, type LedgerRuleOptions } from './ledger-rules.js';

/** The class `Lock`, or a mutant of it. */
export type LockClass = new (vfs: VFS, options: LockOptions) => Lock;

export const DIRECTORY = '/lockfile-x';

/** Half of the window that a claim has before its first beat. */
export const TICK_MS = 5_000;
export const WINDOW_MS = 2 * TICK_MS;

/** Two ticks are a window, and one is a heartbeat. All timings are a little below a multiple of a tick. */
export const TIMING = {
  staleAfterMs: WINDOW_MS,
  heartbeatMs: 4_500,
  marginMs: 1_000,
  pollMs: 3_600,
} as const;

/** The number above which the prepared ledgers begin. */
const ORIGIN = 1_000;

/** What one contender does, beside its options as a `Lock`. */
export interface Part extends Partial<LockOptions> {
  /** How often to acquire and release. Default 1. */
  readonly rounds?: number;
  readonly timeoutMs?: number;
  /** Gives up at once if the lock is held. */
  readonly once?: boolean;
  readonly mode?: 'exclusive' | 'shared';
  /** What it does with the lease. Default: a step of work, and releases. */
  readonly use?: (world: ActorWorld, lease: Lease, lock: Lock) => Promise<void>;
}

/** Makes the scenarios of one class of locks. */
export class Cast {
  readonly #Lock: LockClass;

  constructor(LockType: LockClass) {
    this.#Lock = LockType;
  }

  lockOf(world: ActorWorld, options: Partial<LockOptions> = {}, vfs: VFS = world.vfs): Lock {
    return new this.#Lock(vfs, { ...TIMING, id: 'x', clock: world.clock, random: world.random, ...options });
  }

  contender({ rounds = 1, timeoutMs, once = false, mode, use = work, ...options }: Part = {}): ActorScript {
    return async (world) => {
      const lock = this.lockOf(world, options);
      for (let round = 0; round < rounds; round++) {
        const lease = once ? await lock.tryAcquire({ mode }) : await lock.acquire({ mode, timeoutMs });
        world.granted(lease);
        await use(world, lease, lock);
      }
    };
  }

  /** What all scenarios have in common, with what is given changed. */
  scenario(
    given: Pick<Scenario, 'name' | 'actors' | 'ticks'> & Partial<Scenario>,
    rules: LedgerRuleOptions = {},
  ): Scenario {
    const { sharing = 'nobody' } = given;
    return {
      rules: ledgerRules(DIRECTORY, { sharing, ...rules }),
      tolerates,
      tickMs: TICK_MS,
      keepsHolds: true,
      noticesWithinMs: WINDOW_MS,
      capabilities: NETWORK,
      setup: ledger(),
      aftermath: {
        script: async (world) => world.granted(await this.lockOf(world).acquire()),
        withinMs: 3 * WINDOW_MS,
      },
      ...given,
    };
  }
}

/** A step of work, and the release. */
export async function work(world: ActorWorld, lease: Lease): Promise<void> {
  await world.step('work');
  world.releasing(lease);
  await lease.release();
}

/** Errors that a contender may end with. */
function tolerates(error: unknown): boolean {
  return isVFSError(error) || isLockError(error, 'ELOCKED', 'ELOCKTIMEOUT', 'ELOCKLOST', 'ELOCKSTALE');
}

/** A network storage that lists sizes and times. Polls are far apart: each contender looks about once a tick. */
export const NETWORK = { cost: 'metered', listing: 'versions', claimAs: 'directory' } as const;

/** A local disk: claims are files, listings show names alone, and what is over is a link. */
export const LOCAL = {
  cost: 'local',
  listing: 'names',
  claimAs: 'file',
  exclusiveWrite: true,
  link: true,
  chtimes: true,
  mtimeGranularityMs: 1,
} as const;

/** A network mount: listings show names alone, and a beat is an entry of its own. */
export const MOUNT = { cost: 'network', listing: 'names', claimAs: 'directory', chtimes: true } as const;

/** A ledger that stands already, with `names` in it: `3` is the third claim above the origin, `3.free` its mark. */
export function ledger(...names: string[]): (vfs: VFS) => Promise<void> {
  return async (vfs) => {
    await vfs.mkdir(DIRECTORY);
    for (const name of ['0.origin', ...names]) {
      if (name.includes('.beat.')) await vfs.writeFile(entry(name), 'of a dead holder');
      else await vfs.mkdir(entry(name));
    }
  };
}

/** The path of an entry, numbered from the origin of a prepared ledger. */
export function entry(name: string): string {
  const numbered = name.replace(/^\d+/, (number) => String(ORIGIN + Number(number)).padStart(16, '0'));
  return `${DIRECTORY}/${numbered}`;
}

/** The window of those who died before a scenario begins: one tick, so that little else happens meanwhile. */
const SHORT_MS = 4_900;

/** A claim and its only beat, of one who died. */
export function dead(number: number): string[] {
  return [`${number}`, `${number}.beat.${SHORT_MS}`];
}

/** The same, of one whose beats are entries. */
export function deadOnMount(number: number): string[] {
  return [`${number}`, `${number}.beat.${SHORT_MS}.0`];
}

/** A claim that is over. */
export function over(number: number): string[] {
  return [...dead(number), `${number}.free`];
}
