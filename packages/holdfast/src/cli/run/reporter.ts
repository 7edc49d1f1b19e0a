import { describeHolder, type LockEventListener } from '@holdfast/lock';
import { messageOf } from '../failure.js';
import type { Notices } from '../notices.js';
import type { WaitingDisplay } from './waiting-display.js';

/** Tells people what the lock does while they wait, and while their command runs. */
export function reporter(id: string, display: WaitingDisplay, notices: Notices): LockEventListener {
  let troubled = false;
  return (event) => {
    switch (event.type) {
      case 'waiting':
        return display.blockedBy(event.claim, event.ahead);
      case 'takeover': {
        const { holder, token } = event.claim;
        const why = event.why === 'dead' ? 'which is dead' : 'which shows no life';
        return display.tell(
          `taking lock "${id}" over from ${describeHolder(holder)}, token ${token}, ${why}`,
        );
      }
      case 'beat':
        troubled = false;
        return;
      case 'beat-failed':
      case 'storage-error':
        // What others left and this user may not remove does no harm.
        if (event.type === 'storage-error' && event.during === 'cleanup') return;
        // One word for each time of trouble; the next beat comes in a moment, and fails the same way.
        if (!troubled) notices.warn(`warning: ${messageOf(event.error)}`);
        troubled = true;
        return;
      case 'acquired':
      case 'lost':
      case 'released':
        return;
    }
  };
}
