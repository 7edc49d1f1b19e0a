import { setTimeout as sleep } from 'node:timers/promises';
import { isEnding, type SignalRelay } from '../signals.js';

/** Keeps the lock after a command that ended early. Ends sooner if the lock is lost, or somebody wants this process gone. */
export async function holdOn(ms: number, lost: AbortSignal, relay: SignalRelay): Promise<void> {
  if (ms <= 0) return;
  const asked = new AbortController();
  relay.to((signal) => {
    if (isEnding(signal)) asked.abort();
  });
  await sleep(ms, undefined, { signal: AbortSignal.any([asked.signal, lost]) }).catch(() => undefined);
}
