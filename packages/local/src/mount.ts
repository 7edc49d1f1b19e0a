import type { Clock } from '@holdfast/vfs';
import { Helper } from './helper.js';
import { Limiter } from './limiter.js';
import type { Place } from './place.js';
import { inProcess, type Runner } from './runner.js';

/** Calls in flight on one device that somebody waits for. */
export const MOST_AWAITED = 2;
/**
 * Calls in flight on one device that were given up and hang on, beside those, in the helper process. An SMB server can
 * hold back a single file for half a minute, while it waits for the word of a host that is gone; all others still answer.
 */
const MOST_ABANDONED = 6;

export interface MountOptions {
  /** The same for all roots on one device. */
  readonly device: string;
  /** Whether the calls are made in a process of their own. */
  readonly isolate: boolean;
  readonly deadlineMs: number;
  readonly clock: Clock;
}

/** What all VFS objects of this process share that lie on one device. */
interface Shared {
  readonly limiter: Limiter;
  readonly helper: Helper | undefined;
  users: number;
}

const devices = new Map<string, Shared>();

/** Carries out operations on a mount: two at a time for each device of the process, each with a deadline. */
export function onMount(place: Place, { device, isolate, deadlineMs, clock }: MountOptions): Runner {
  const key = `${device} ${isolate ? 'isolated' : 'in process'}`;
  const shared = devices.get(key) ?? open(isolate);
  shared.users++;
  devices.set(key, shared);

  const { limiter, helper } = shared;
  const direct = inProcess(place, 'pool');
  return {
    run: (name, rest, terms) =>
      limiter.run(
        () => (helper === undefined ? direct.run(name, rest, terms) : helper.run(place, name, rest)),
        { ...terms, deadlineMs, clock },
      ),
    close(): void {
      if (--shared.users > 0) return;
      // Whoever opens the device again gets threads of its own only if those that hang are not in this process.
      if (helper !== undefined) devices.delete(key);
      helper?.dismiss();
    },
  };
}

function open(isolate: boolean): Shared {
  return isolate
    ? {
        limiter: new Limiter({ limit: MOST_AWAITED, spare: MOST_ABANDONED }),
        helper: new Helper(MOST_AWAITED + MOST_ABANDONED),
        users: 0,
      }
    : { limiter: new Limiter({ limit: MOST_AWAITED }), helper: undefined, users: 0 };
}
