import type { Clock } from '@holdfast/vfs';
import { backoffMs, FailedAttempt, sleep } from '@holdfast/vfs/adapter';
import { failureOf } from '../errors.js';
import { BY_STATUS, CONFLICT, NOT_FOUND, NOT_IMPLEMENTED, NOT_THERE } from '../store/failures.js';
import type { Store } from '../store/store.js';
import { unsupported, type Proof } from './proof.js';
import { nextCreateState, type CreateEvent, type CreateState } from './state.js';

/** Most times that one request is sent. */
const TRIES = 4;

export interface CreateOptions {
  readonly store: Store;
  readonly proof: Proof;
  readonly clock: Clock;
  /** Milliseconds of the whole call, after which nothing more is sent. */
  readonly deadlineMs: number;
  /**
   * An abort lets no further put be sent. The one on its way is not cut: whether it made the object is worth knowing
   * also to a caller who no longer waits, since it must then be cleaned up.
   */
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes the object `key` if it does not exist.
 *
 * @returns whether it was made; `false` if it exists
 * @throws `FailedAttempt`
 */
export async function create(key: string, body: Uint8Array, options: CreateOptions): Promise<boolean> {
  const { proof, signal, clock, deadlineMs } = options;
  const endsAt = clock.monotonic() + deadlineMs;
  const nonce = crypto.randomUUID();
  let state: CreateState = { at: 'put', doubt: false };
  for (let tries = 1; state.at === 'put' || state.at === 'look'; tries += 1) {
    if (proof.fault !== undefined) throw proof.fault;
    const { at }: CreateState = state;
    const events = at === 'put' ? await put(key, body, nonce, options) : [await look(key, nonce, options)];
    const waitMs = pauseMs(tries, events);
    const last = tries >= TRIES || signal?.aborted === true || clock.monotonic() + waitMs >= endsAt;
    for (const [index, event] of events.entries()) {
      state = nextCreateState(state, event, last && index === events.length - 1);
    }
    if (state.at === at) await pause(waitMs, options);
    else tries = 0;
  }
  if (state.at === 'failed') throw state.failed;
  if (state.at === 'won') await vouch(key, body, nonce, endsAt, options);
  return state.at === 'won';
}

/** How long to wait before the next try: as long as the store asks, or longer each time. */
function pauseMs(tries: number, events: readonly CreateEvent[]): number {
  const asked = events.map((event) => (event.saw === 'failure' ? event.failed.retryAfterMs : undefined));
  return Math.max(...asked.map((each) => each ?? 0)) || backoffMs(tries);
}

/** Ends early when the caller goes. */
async function pause(ms: number, { clock, signal }: CreateOptions): Promise<void> {
  await sleep(clock, ms, signal).catch(() => undefined);
}

/** Sends the conditional put, twice where that is to prove something. What matters most comes first. */
async function put(
  key: string,
  body: Uint8Array,
  nonce: string,
  options: CreateOptions,
): Promise<CreateEvent[]> {
  const { proof } = options;
  const sendOne = (): Promise<CreateEvent> => send(key, body, nonce, options);
  if (!proof.takeRival()) return [await sendOne()];
  const pair = Promise.all([sendOne(), sendOne()]);
  proof.wait(pair);
  const events = (await pair).sort((a, b) => weightOf(a) - weightOf(b));
  const accepted = events.filter(({ saw }) => saw === 'accepted').length;
  if (accepted === 2) throw proof.overwritten().inDoubt();
  if (accepted === 1 && events.some(givesWay)) proof.raced();
  return events;
}

/**
 * A failure before a refusal: it may have been the failed one that made what the other was refused for. And one in
 * doubt before one that is certain, for the same reason.
 */
function weightOf(event: CreateEvent): number {
  if (event.saw === 'accepted') return 0;
  if (event.saw !== 'failure') return 3;
  return event.failed.failure.outcome === 'unknown' ? 1 : 2;
}

async function send(
  key: string,
  body: Uint8Array,
  nonce: string,
  { store, proof }: CreateOptions,
): Promise<CreateEvent> {
  const event = await store.create(key, body, nonce, undefined).then(
    (): CreateEvent => ({ saw: 'accepted' }),
    (error: unknown) => refusalOf(failureOf(error)),
  );
  if (event.saw === 'refused') proof.refused();
  if (event.saw !== 'failure') return event;
  const { failed } = event;
  if (failed.failure === NOT_IMPLEMENTED) return { saw: 'failure', failed: proof.unsupported(failed) };
  // Without the store's own code it may have been anybody on the way, so that this call alone is refused.
  if (failed.failure === BY_STATUS[501]) return { saw: 'failure', failed: unsupported(failed) };
  return event;
}

function refusalOf(failed: FailedAttempt): CreateEvent {
  const { failure } = failed;
  if (failure.code === 'EEXIST') return { saw: 'refused' };
  // A loser may be told that the key, which is about to be made by another, does not exist.
  const isLoser = failure === NOT_THERE || failure === NOT_FOUND;
  return { saw: 'failure', failed: isLoser ? new FailedAttempt(CONFLICT) : failed };
}

/**
 * Whether the store let another of two creates at once go first. It may do so and still not heed the condition. Stores
 * that take one write a second to one key ask the other to wait.
 */
function givesWay(event: CreateEvent): boolean {
  if (event.saw === 'refused') return true;
  return event.saw === 'failure' && ['ECONFLICT', 'EBUSY'].includes(event.failed.failure.code);
}

async function look(key: string, nonce: string, { store }: CreateOptions): Promise<CreateEvent> {
  try {
    const found = await store.head(key, undefined);
    if (found.nonce === undefined) return { saw: 'nothing' };
    return { saw: found.nonce === nonce ? 'mine' : 'foreign' };
  } catch (error) {
    const failed = failureOf(error);
    return failed.failure.code === 'ENOENT' ? { saw: 'nothing' } : { saw: 'failure', failed };
  }
}

/** Lets no win count before the store was seen to refuse something. Mostly it has been by now, and this costs nothing. */
async function vouch(
  key: string,
  body: Uint8Array,
  nonce: string,
  endsAt: number,
  options: CreateOptions,
): Promise<void> {
  const { proof, clock } = options;
  await proof.idle();
  for (let tries = 1; ; tries += 1) {
    if (proof.fault !== undefined) throw proof.fault.inDoubt();
    if (proof.trusted) return;
    const event = await send(key, body, nonce, options);
    if (event.saw === 'accepted') throw proof.overwritten().inDoubt();
    if (event.saw !== 'failure') continue;
    const waitMs = pauseMs(tries, [event]);
    const last = tries === TRIES || clock.monotonic() + waitMs >= endsAt;
    if (last || !event.failed.failure.retryable) throw event.failed.inDoubt();
    await pause(waitMs, options);
  }
}
