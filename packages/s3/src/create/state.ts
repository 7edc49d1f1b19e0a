import { FailedAttempt, type Failure } from '@holdfast/vfs/adapter';

/**
 * Where a create stands. `doubt` means that a request of it was sent of which no clear answer came: it may have made
 * the object, or may still make it.
 */
export type CreateState =
  /** About to send the conditional put. */
  | { readonly at: 'put'; readonly doubt: boolean }
  /** About to look whose nonce the object has: the put found it there, and it may be ours. */
  | { readonly at: 'look'; readonly failed: FailedAttempt }
  /** The object is ours. */
  | { readonly at: 'won' }
  /** The object is there and not ours. As long as it is, no request of ours can take effect. */
  | { readonly at: 'lost' }
  /** It did not come about; the failure's outcome says whether it still may. */
  | { readonly at: 'failed'; readonly failed: FailedAttempt };

export type CreateEvent =
  | { readonly saw: 'accepted' }
  /** The key exists. */
  | { readonly saw: 'refused' }
  /** A failure of any other kind. */
  | { readonly saw: 'failure'; readonly failed: FailedAttempt }
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
  if (state.at === 'look') return afterLook(state.failed, event, last);
  return state;
}

function afterPut(doubt: boolean, event: CreateEvent, last: boolean): CreateState {
  switch (event.saw) {
    case 'accepted':
      return { at: 'won' };
    case 'refused':
      return doubt ? { at: 'look', failed: new FailedAttempt(WHOSE) } : { at: 'lost' };
    case 'failure': {
      const { outcome, retryable } = event.failed.failure;
      const inDoubt = doubt || outcome === 'unknown';
      if (retryable && !last) return { at: 'put', doubt: inDoubt };
      return inDoubt
        ? { at: 'look', failed: event.failed.inDoubt() }
        : { at: 'failed', failed: event.failed };
    }
    case 'mine':
    case 'foreign':
    case 'nothing':
      return { at: 'put', doubt };
  }
}

function afterLook(failed: FailedAttempt, event: CreateEvent, last: boolean): CreateState {
  switch (event.saw) {
    case 'mine':
      return { at: 'won' };
    case 'foreign':
      return { at: 'lost' };
    case 'failure':
      return event.failed.failure.retryable && !last ? { at: 'look', failed } : { at: 'failed', failed };
    case 'nothing':
    case 'accepted':
    case 'refused':
      return { at: 'failed', failed };
  }
}

const WHOSE: Failure = {
  code: 'ECONFLICT',
  outcome: 'unknown',
  retryable: false,
  detail: 'the answer to an earlier attempt was lost, and it cannot be told whose the object is',
};
