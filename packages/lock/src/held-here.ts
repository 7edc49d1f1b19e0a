import { WouldDeadlockError } from './errors/index.js';
import type { Lease } from './lease/index.js';
import type { Wish } from './ledger/index.js';
import type { LockState } from './lock-state.js';
import type { Settings } from './options.js';

/** A lease that `with` holds for the code that runs, and those around it. */
interface Holding {
  readonly state: LockState;
  readonly lease: Lease;
  readonly outer: Holding | undefined;
}

/** What of Node's `AsyncLocalStorage` is used. */
interface ContextStorage {
  getStore(): Holding | undefined;
  run<T>(holding: Holding, work: () => T): T;
}

/** `undefined` until it is needed, `null` where there is none. */
let storage: ContextStorage | null | undefined;

/** Runs `work` as code that holds `lease`: what it awaits, and what it starts. */
export function runHolding<T>(state: LockState, lease: Lease, work: () => T): T {
  storage ??= makeStorage();
  if (storage === null) return work();
  return storage.run({ state, lease, outer: storage.getStore() }, work);
}

/**
 * Refuses to wait for what the code that runs holds itself: then it would wait for ever.
 *
 * @returns a shared lease that it holds, beside which another one may be had, unless somebody stands in between
 * @throws `WouldDeadlockError`
 */
export function assertNotHeldHere(
  state: LockState,
  { id, turn }: Pick<Settings, 'id' | 'turn'>,
  wish: Wish,
): Lease | undefined {
  let first: Lease | undefined;
  let permits = wish.permits;
  let exclusive = wish.mode === 'exclusive';
  for (let holding = storage?.getStore(); holding !== undefined; holding = holding.outer) {
    const { lease } = holding;
    if (holding.state !== state || !lease.held) continue;
    first ??= lease;
    permits += lease.permits ?? 0;
    exclusive ||= lease.mode === 'exclusive';
  }
  if (first === undefined) return undefined;
  const isInItsOwnWay = turn.kind === 'permits' ? permits > turn.permits : exclusive;
  if (isInItsOwnWay) throw new WouldDeadlockError(id, state.ledger.path, first.token);
  return turn.kind === 'permits' ? undefined : first;
}

/** Without an import of Node, which is not there everywhere. Node has it from 20.16 on. */
function makeStorage(): ContextStorage | null {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } };
  const hooks = process?.getBuiltinModule?.('node:async_hooks');
  const { AsyncLocalStorage } = (hooks ?? {}) as { AsyncLocalStorage?: new () => ContextStorage };
  return AsyncLocalStorage === undefined ? null : new AsyncLocalStorage();
}
