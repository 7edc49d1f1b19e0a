import { lockManager, type LockManagerOptions, type StorageLockManager } from '@holdfast/lock';
import { Hosts, type Host } from '../hosts.fixture.js';

export function locksOf(host: Host, options: LockManagerOptions = {}): StorageLockManager {
  const { vfs, clock, events } = host;
  return lockManager(vfs, { clock, onEvent: (event) => events.push(event), ...options });
}

/** One lock manager on a storage of its own. */
export function alone(): { hosts: Hosts; host: Host; locks: StorageLockManager } {
  const hosts = new Hosts();
  const host = hosts.host();
  return { hosts, host, locks: locksOf(host) };
}

/** What a test decides when it is over. */
export class Until<T = void> {
  readonly promise: Promise<T>;
  resolve: (value: T) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => (this.resolve = resolve));
  }
}

export const never: Promise<never> = new Promise(() => undefined);

/** What a request is refused with. */
export async function refusal(request: Promise<unknown>): Promise<unknown> {
  try {
    await request;
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
}

/** What has a `then`, and is no promise. */
export function thenable(then: (resolve: (value: unknown) => void) => void): unknown {
  const name = ['th', 'en'].join('');
  return { [name]: then };
}
