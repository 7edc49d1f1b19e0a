import { assess, nonce, ourClaim, type Assessment } from './assessment.js';
import type { Settings } from './options.js';
import { Patience } from './patience.js';
import type { Place } from './place.js';
import { Wait } from './wait.js';

/**
 * Watches the highest number until it is certain what it is: free, stale, or alive. That it lives is certain once it
 * changed, which takes a heartbeat; that it is stale takes what is missing of the window.
 */
export async function observe(place: Place, settings: Settings, signal?: AbortSignal): Promise<Assessment> {
  signal?.throwIfAborted();
  const patience = new Patience(settings.clock, undefined, signal);
  const wait = new Wait(place, settings);
  try {
    let before: Assessment | undefined;
    for (;;) {
      const ours = ourClaim(place);
      if (ours !== undefined) {
        return { state: 'alive', token: ours.token, claim: ours, version: undefined, remainingMs: Infinity };
      }
      const view = await place.ledger.look(signal);
      const now = await assess(place, settings, view, signal);
      if (now.state !== 'alive') return now;
      if (before?.state === 'alive' && showsLife(before, now)) return now;
      before = now;
      await wait.pause(now.remainingMs, patience);
    }
  } finally {
    wait.close();
    patience.dispose();
  }
}

type Alive = Assessment & { state: 'alive' };

function showsLife(before: Alive, now: Alive): boolean {
  if (before.token !== now.token) return true;
  return before.version !== undefined && now.version !== undefined && before.version !== now.version;
}

/**
 * Whether the last sign of life of the current claim is older than the window, going by mtime against the storage's
 * own clock where it can be had, else against this machine's. A suspicion and no more: it decides whether to observe.
 * A time in the future is as suspect as one long past, and so is a storage that tells no time.
 */
export async function looksDead(place: Place, settings: Settings, signal?: AbortSignal): Promise<boolean> {
  const view = await place.ledger.look(signal);
  if (view.highest === undefined || view.highest.freed) return false;
  const mtimeMs = await place.ledger.mtimeOf(view.highest, signal);
  if (mtimeMs === undefined) return true;
  const { vfs } = place.ledger;
  const storageNow =
    vfs.capabilities.cost === 'local' ? undefined : await place.ledger.stir(nonce(settings.random), signal);
  const ageMs = (storageNow ?? settings.clock.wall()) - mtimeMs;
  const windowMs = Math.max(view.windowMs, settings.staleAfterMs);
  return Math.abs(ageMs) + vfs.capabilities.mtimeGranularityMs >= windowMs;
}
