import type { VFS } from '@holdfast/vfs';
import { directoryName } from '../id.js';
import { isLive } from '../ledger/index.js';
import { lockStateOf } from '../lock-state.js';
import type { Settings } from '../options.js';
import { waitAtMost } from '../time/index.js';
import { idOfName } from './names.js';
import { isGrantable, type LockRequest, type Requests } from './request-queue.js';

/** The requests of this process, in the order of the grants and of the calls. */
export interface OwnView {
  readonly held: readonly LockRequest[];
  readonly pending: readonly LockRequest[];
}

/**
 * Those of `pending` that nothing in this process stands in the way of any more, and nothing of others either: they are being
 * granted. Waits until they are.
 */
export async function stillToBeGranted(
  vfs: VFS,
  settings: Settings,
  requests: Requests,
  { held, pending }: OwnView,
): Promise<LockRequest[]> {
  const candidates = pending.filter((request) => {
    const before = pending.filter((other) => other.name === request.name && other.askedAs < request.askedAs);
    return isGrantable(request, [...held.filter((other) => other.name === request.name), ...before]);
  });
  await Promise.all(candidates.map((request) => settle(vfs, settings, requests, request)));
  return candidates.filter(({ grantedAs }) => grantedAs > 0);
}

/** Waits until `request` is granted, or over, or waits for somebody else; not for longer than a window. */
async function settle(vfs: VFS, settings: Settings, requests: Requests, request: LockRequest): Promise<void> {
  const { clock, firstPollMs, pollMs, staleAfterMs } = settings;
  const endsAt = clock.monotonic() + staleAfterMs;
  for (let pauseMs = firstPollMs; request.state === 'pending' && clock.monotonic() < endsAt; pauseMs *= 2) {
    if (await waitsForOthers(vfs, settings, requests, request)) return;
    await waitAtMost(clock, Math.min(pauseMs, pollMs), request.settled);
  }
}

/** Whether claims of others stand before those of this process's lock managers, and in the way of `request`. */
async function waitsForOthers(
  vfs: VFS,
  settings: Settings,
  requests: Requests,
  { name, mode }: LockRequest,
): Promise<boolean> {
  const { clock, dir } = settings;
  const directory = directoryName(idOfName(name) ?? '') ?? '';
  const state = lockStateOf(vfs, clock, { dir, directory, kind: 'lock' });
  const live = Array.from((await state.ledger.look()).numbers.values()).filter(isLive);
  live.sort((a, b) => a.number - b.number);
  for (const numbered of live) {
    const record = await state.records.of(numbered, state.ledger, clock);
    const isOwn = record?.client !== undefined && requests.clients.has(record.client);
    // Behind those of this process that wait, nobody is in the way.
    if (isOwn && state.own.get(numbered.number)?.granted === false) return false;
    if (!isOwn && (mode === 'exclusive' || !numbered.shared)) return true;
  }
  return false;
}
