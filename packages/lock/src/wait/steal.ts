import { Claimant, type ConfirmedClaim } from '../claim/index.js';
import { Lease, LiveClaim } from '../lease/index.js';
import { lossIn, type Wish } from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import type { Settings } from '../options.js';
import { detach } from '../time/index.js';
import { Way } from './way.js';

const ALL_OF_IT: Wish = { mode: 'exclusive', permits: 1 };

/**
 * Obtains the lock by breaking every claim in front of it: of those that hold, and of those that wait, which queue again behind
 * it. A holder in another process learns of it at its next heartbeat.
 */
export async function steal(state: LockState, settings: Settings): Promise<Lease> {
  const startedAt = settings.clock.monotonic();
  const claimant = new Claimant(state, settings, ALL_OF_IT);
  for (;;) {
    const attempt = await claimant.attempt();
    if (attempt.kind !== 'confirmed') continue;
    const claim = await breakThrough(state, settings, attempt.claim);
    if (claim === undefined) continue;
    const waitedMs = settings.clock.monotonic() - startedAt;
    settings.emit({ type: 'acquired', token: claim.number, waitedMs });
    return new Lease(state, settings, claim);
  }
}

/** @returns `undefined` if the claim was lost meanwhile: somebody steals from who steals */
async function breakThrough(
  state: LockState,
  settings: Settings,
  confirmed: ConfirmedClaim,
): Promise<LiveClaim | undefined> {
  const { ledger, own } = state;
  const way = new Way(state, settings, ALL_OF_IT, confirmed.below);
  const claim = new LiveClaim(state, settings, confirmed);
  try {
    for (let look = confirmed.look; ; look = await ledger.look()) {
      const loss = lossIn(look, claim);
      if (loss !== undefined) claim.onLoss(loss);
      if (!claim.alive) return undefined;
      const blocking = way.blocking(look);
      if (blocking.length === 0) {
        claim.cleanUp(look, []);
        return claim;
      }
      // Those of this process stop before anybody else goes on.
      for (const number of blocking) own.get(number)?.onLoss('broken');
      await Promise.all(blocking.map((number) => ledger.markFree(number)));
    }
  } catch (error) {
    claim.end();
    detach(claim.free());
    throw error;
  }
}
