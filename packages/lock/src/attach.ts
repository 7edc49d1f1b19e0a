import { isVFSError } from '@holdfast/vfs';
import { nonce } from './claim/index.js';
import { isLockError, LockLostError, LockOptionError } from './errors/index.js';
import { detachedLeaseSchema, Lease, LiveClaim, type DetachedLease } from './lease/index.js';
import { lossIn, type Claim } from './ledger/index.js';
import type { LockState } from './lock-state.js';
import { parse, withWindow, type Settings } from './options.js';
import { detach, stopwatchOf } from './time/index.js';

/** Takes up a detached lease: see `Lock.attach`. */
export async function attachLease(
  state: LockState,
  settings: Settings,
  handle: DetachedLease,
  signal: AbortSignal | undefined,
): Promise<Lease> {
  const { id, token, mode, attempt, staleAfterMs, origin, permits } = parse(detachedLeaseSchema, handle);
  if (id !== settings.id)
    throw new LockOptionError(`the handle is one of lock ${JSON.stringify(id)}, not of this one`);
  if ((permits !== undefined) !== state.ledger.ofSemaphore)
    throw new LockOptionError(
      `the handle is one of a ${permits === undefined ? 'lock' : 'semaphore'} of this name`,
    );
  signal?.throwIfAborted();
  const { ledger } = state;
  const { clock, random, label, client, identity } = settings;
  const claim: Claim = { number: token, origin };
  const startedAt = stopwatchOf(clock).now();
  try {
    await ledger.markAttached(token, attempt);
  } catch (error) {
    if (isVFSError(error, 'EEXIST')) throw new LockLostError(id, token, 'attached', error);
    if (isVFSError(error, 'ENOENT')) throw new LockLostError(id, token, 'removed', error);
    throw error;
  }
  // From here on nobody else can attach to it: whatever goes wrong, it is given back.
  try {
    const look = await ledger.look();
    const numbered = look.numbers.get(token);
    const loss = lossIn(look, claim) ?? (numbered?.attempts === attempt ? undefined : 'attached');
    if (loss !== undefined) throw new LockLostError(id, token, loss);
    // A handle that was made up, or damaged, may name a claim that its owner still has.
    if (numbered?.lastDetached !== attempt)
      throw new LockOptionError(`the handle names token ${token}, which was not detached`);
    const record = {
      token,
      nonce: nonce(random),
      staleAfterMs,
      since: clock.wall(),
      label,
      client,
      process: identity?.self,
    };
    const own = withWindow(settings, staleAfterMs);
    const confirmed = { ...claim, mode, permits: permits ?? 1, record, startedAt, look, below: [] };
    const live = new LiveClaim(state, own, confirmed, {
      firstBeat: (numbered?.beatNumbers.at(-1) ?? -1) + 1,
      handovers: numbered?.handovers ?? 0,
    });
    if (!live.alive) throw live.loss ?? new LockLostError(id, token, 'expired');
    settings.emit({ type: 'acquired', token, waitedMs: 0 });
    return new Lease(state, own, live, attempt);
  } catch (error) {
    if (!isLockError(error)) detach(ledger.markFree(token));
    throw error;
  }
}
