import type { CallOptions } from '@holdfast/vfs';
import { z } from 'zod';
import { isLockError, LockOptionError, LockTimeoutError } from '../errors/index.js';
import type { Lease } from '../lease/index.js';
import { insideOf } from '../ledger-lock.js';
import type { Mode } from '../ledger/index.js';
import { Lock } from '../lock.js';
import { parse } from '../options.js';
import { Semaphore } from '../semaphore/index.js';
import { LeaseSet } from './lease-set.js';

/** A lock or semaphore, or one with what is wanted of it. */
export type LockAllItem =
  | Lock
  | Semaphore
  | { readonly lock: Lock; readonly mode?: Mode | undefined }
  | { readonly lock: Semaphore; readonly count?: number | undefined };

export interface LockAllOptions extends CallOptions {
  /** Rejects with `LockTimeoutError` if not all were obtained after so many milliseconds. Default: waits for ever. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Obtains all of `locks`, or none: nobody who does so can be in a deadlock with others who do, since all go by one order.
 *
 * The order is that of the names, then of the directories, whatever the order they are given in. So it is the same in every
 * process that reaches the same storage, by whatever path. Locks of one name and directory in two storages are obtained in the
 * order given.
 *
 * @throws as `Lock.acquire`; those that were obtained by then are released. `LockOptionError` if one is given twice
 *
 * @example
 * await using leases = await lockAll([stock, { lock: prices, mode: 'shared' }], { timeoutMs: 30_000 });
 * await settle({ signal: leases.signal });
 */
export async function lockAll(
  locks: readonly LockAllItem[],
  options: LockAllOptions = {},
): Promise<LeaseSet> {
  const { signal, timeoutMs } = parse(optionsSchema, options);
  const wanted = inOneOrder(parseItems(locks));
  const [first] = wanted;
  if (first === undefined) throw new LockOptionError('locks: must be at least one');
  const { clock } = first.settings;
  const startedAt = clock.monotonic();
  for (;;) {
    const leases = new Map<number, Lease>();
    try {
      for (const { at, acquire } of wanted) {
        const leftMs = timeoutMs && Math.max(0, timeoutMs - (clock.monotonic() - startedAt));
        leases.set(at, await acquire(leftMs, untilOneIsLost(signal, leases)));
      }
      const set = new LeaseSet(locks.map((_, at) => leases.get(at)).filter((lease) => lease !== undefined));
      if (set.held) return set;
      await set[Symbol.asyncDispose]();
    } catch (error) {
      const obtained = Array.from(leases.values());
      const isLost = obtained.some((lease) => !lease.held);
      await new LeaseSet(obtained)[Symbol.asyncDispose]();
      // Who loses its place queues again.
      if (isLost && isLockError(error, 'ELOCKLOST')) continue;
      throw isLockError(error, 'ELOCKTIMEOUT') ? asWhole(error, timeoutMs ?? 0) : error;
    }
  }
}

const optionsSchema = z.strictObject({
  signal: z.instanceof(AbortSignal).optional(),
  timeoutMs: z.number().nonnegative().optional(),
});

const mode = z.enum(['exclusive', 'shared']).optional();
const itemSchema = z.union(
  [
    z.instanceof(Lock).transform((lock) => ({ lock, mode: undefined })),
    z.instanceof(Semaphore).transform((lock) => ({ lock, count: undefined })),
    z.strictObject({ lock: z.instanceof(Lock), mode }),
    z
      .strictObject({ lock: z.instanceof(Semaphore), count: z.int().min(1).optional() })
      .refine(({ lock, count = 1 }) => count <= lock.permits, { error: 'there are not that many permits' }),
  ],
  { error: 'must be a Lock or a Semaphore, or { lock, mode } or { lock, count }' },
);
const itemsSchema = z.array(itemSchema);

type Item = z.output<typeof itemSchema>;

interface Wanted {
  /** Where it was given. */
  readonly at: number;
  readonly name: string;
  readonly path: string;
  readonly settings: ReturnType<typeof insideOf>['settings'];
  readonly acquire: (timeoutMs: number | undefined, signal: AbortSignal | undefined) => Promise<Lease>;
}

function parseItems(locks: readonly LockAllItem[]): Wanted[] {
  const items = parse(itemsSchema, locks);
  const states = new Set<object>();
  return items.map((item, at) => {
    const { state, settings } = insideOf<never, never>(item.lock);
    const { path } = state.ledger;
    if (states.has(state))
      throw new LockOptionError(`locks: ${path} is given twice, and would wait for itself`);
    states.add(state);
    return { at, name: settings.directory, path, settings, acquire: acquirerOf(item) };
  });
}

function acquirerOf(item: Item): Wanted['acquire'] {
  if ('mode' in item) {
    const { lock, mode: wish } = item;
    return (timeoutMs, signal) => lock.acquire({ mode: wish, timeoutMs, signal });
  }
  const { lock, count } = item as Extract<Item, { lock: Semaphore }>;
  return (timeoutMs, signal) => lock.acquire({ count, timeoutMs, signal });
}

function inOneOrder(wanted: Wanted[]): Wanted[] {
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return wanted.sort((a, b) => compare(a.name, b.name) || compare(a.path, b.path));
}

/** There is no use in waiting for the others once one of those that were obtained is lost. */
function untilOneIsLost(
  signal: AbortSignal | undefined,
  leases: ReadonlyMap<number, Lease>,
): AbortSignal | undefined {
  const signals = Array.from(leases.values(), (lease) => lease.signal);
  if (signal !== undefined) signals.push(signal);
  return signals.length === 0 ? undefined : AbortSignal.any(signals);
}

/** As the caller knows it: with the time for all of them. */
function asWhole({ id, token, holder, since, cause }: LockTimeoutError, timeoutMs: number): LockTimeoutError {
  const claim = token === undefined ? undefined : { token, holder, since };
  return new LockTimeoutError(id, timeoutMs, claim, cause);
}
