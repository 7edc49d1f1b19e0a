import type { Clock } from '@holdfast/vfs';
import { pause, TRIES } from './again.js';
import { CONFLICT, failureOf, NOT_IMPLEMENTED, NOT_THERE, S3Failure, type Row } from './errors.js';
import type { Proof } from './prove.js';
import type { Store } from './store.js';

/**
 * Where a create stands. `doubt` means that a request of it was sent of which no clear answer came: it may have made
 * the object, or may still make it.
 */
export type CreateState =
  /** About to send the conditional put. */
  | { readonly at: 'put'; readonly doubt: boolean }
  /** About to look whose nonce the object has: the put found it there, and it may be ours. */
  | { readonly at: 'look'; readonly failure: S3Failure }
  /** The object is ours. */
  | { readonly at: 'won' }
  /** The object is there and not ours. As long as it is, no request of ours can take effect. */
  | { readonly at: 'lost' }
  /** It did not come about; the failure's effect says whether it still may. */
  | { readonly at: 'failed'; readonly failure: S3Failure };

export type CreateEvent =
  | { readonly saw: 'accepted' }
  /** The key exists. */
  | { readonly saw: 'refused' }
  /** A failure of any other kind. */
  | { readonly saw: 'failure'; readonly failure: S3Failure }
  /** What the object's nonce says; `nothing` if there is no object, or none whose maker can be told. */
  | { readonly saw: 'mine' | 'foreign' | 'nothing' };

/**
 * The next state. `last` means that no further put will be sent: the tries are used up, or the caller has gone.
 *
 * Repeating the put is not blind: it carries the nonce of the first, so whichever of them takes effect, the object is
 * known as ours; and it can overwrite nothing. AWS's own SDK repeats it too, and then reports as refused what its
 * first attempt had won.
 */
export function nextCreateState(state: CreateState, event: CreateEvent, last: boolean): CreateState {
  if (state.at === 'put') return afterPut(state.doubt, event, last);
  if (state.at === 'look') return afterLook(state.failure, event, last);
  return state;
}

function afterPut(doubt: boolean, event: CreateEvent, last: boolean): CreateState {
  switch (event.saw) {
    case 'accepted':
      return { at: 'won' };
    case 'refused':
      return doubt ? { at: 'look', failure: new S3Failure(WHOSE) } : { at: 'lost' };
    case 'failure': {
      const { row } = event.failure;
      const inDoubt = doubt || row.effect === 'maybe';
      if (row.again && !last) return { at: 'put', doubt: inDoubt };
      return inDoubt
        ? { at: 'look', failure: event.failure.inDoubt() }
        : { at: 'failed', failure: event.failure };
    }
    case 'mine':
    case 'foreign':
    case 'nothing':
      return { at: 'put', doubt };
  }
}

function afterLook(failure: S3Failure, event: CreateEvent, last: boolean): CreateState {
  switch (event.saw) {
    case 'mine':
      return { at: 'won' };
    case 'foreign':
      return { at: 'lost' };
    case 'failure':
      return event.failure.row.again && !last ? { at: 'look', failure } : { at: 'failed', failure };
    case 'nothing':
    case 'accepted':
    case 'refused':
      return { at: 'failed', failure };
  }
}

const WHOSE: Row = {
  code: 'ECONFLICT',
  effect: 'maybe',
  again: false,
  detail: 'the answer to an earlier attempt was lost, and it cannot be told whose the object is',
};

export interface CreateOptions {
  readonly store: Store;
  readonly proof: Proof;
  readonly clock: Clock;
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
 * @throws `S3Failure`
 */
export async function create(key: string, body: Uint8Array, options: CreateOptions): Promise<boolean> {
  const { proof, clock, signal } = options;
  const nonce = crypto.randomUUID();
  let state: CreateState = { at: 'put', doubt: false };
  for (let tries = 1; state.at === 'put' || state.at === 'look'; tries += 1) {
    if (proof.fault !== undefined) throw proof.fault;
    const { at }: CreateState = state;
    const events = at === 'put' ? await put(key, body, nonce, options) : [await look(key, nonce, options)];
    const last = tries >= TRIES || signal?.aborted === true;
    for (const [index, event] of events.entries()) {
      state = nextCreateState(state, event, last && index === events.length - 1);
    }
    if (state.at === at) await pause(tries, { signal, clock });
    else tries = 0;
  }
  if (state.at === 'failed') throw state.failure;
  if (state.at === 'won') await vouch(key, body, nonce, options);
  return state.at === 'won';
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
  const events = (await pair).sort((a, b) => WEIGHT.indexOf(a.saw) - WEIGHT.indexOf(b.saw));
  const accepted = events.filter(({ saw }) => saw === 'accepted').length;
  if (accepted === 2) throw proof.overwritten().inDoubt();
  if (accepted === 1 && events.some(givesWay)) proof.raced();
  return events;
}

/** A failure before a refusal: it may have been the failed one that made what the other was refused for. */
const WEIGHT = ['accepted', 'failure', 'refused'];

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
  if (event.saw === 'failure' && event.failure.row === NOT_IMPLEMENTED)
    throw proof.unsupported(event.failure);
  if (event.saw === 'refused') proof.refused();
  return event;
}

function refusalOf(failure: S3Failure): CreateEvent {
  const { row } = failure;
  if (row.code === 'EEXIST') return { saw: 'refused' };
  // A loser may be told that the key, which is about to be made by another, does not exist.
  return { saw: 'failure', failure: row === NOT_THERE ? new S3Failure(CONFLICT) : failure };
}

/** Whether the store let another of two creates at once go first. It may do so and still not heed the condition. */
function givesWay(event: CreateEvent): boolean {
  return event.saw === 'refused' || (event.saw === 'failure' && event.failure.row === CONFLICT);
}

async function look(key: string, nonce: string, { store }: CreateOptions): Promise<CreateEvent> {
  try {
    const found = await store.head(key, undefined);
    if (found.nonce === undefined) return { saw: 'nothing' };
    return { saw: found.nonce === nonce ? 'mine' : 'foreign' };
  } catch (error) {
    const failure = failureOf(error);
    return failure.row.code === 'ENOENT' ? { saw: 'nothing' } : { saw: 'failure', failure };
  }
}

/** Lets no win count before the store was seen to refuse something. Mostly it has been by now, and this costs nothing. */
async function vouch(key: string, body: Uint8Array, nonce: string, options: CreateOptions): Promise<void> {
  const { proof, clock, signal } = options;
  await proof.idle();
  for (let tries = 1; ; tries += 1) {
    if (proof.fault !== undefined) throw proof.fault.inDoubt();
    if (proof.trusted) return;
    const event = await send(key, body, nonce, options);
    if (event.saw === 'accepted') throw proof.overwritten().inDoubt();
    if (event.saw === 'failure' && (tries === TRIES || !event.failure.row.again))
      throw event.failure.inDoubt();
    if (event.saw === 'failure') await pause(tries, { signal, clock });
  }
}
