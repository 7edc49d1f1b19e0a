import type { Clock } from '@holdfast/vfs';
import { Helper, type StartHelper } from '../helper/helper.js';
import { Limiter } from './limiter.js';
import type { RootConfig } from '../root-config.js';
import type { AnswerOf, ArgumentsOf, OperationName } from '../operations/operations.js';
import { inProcess, type Runner, type Terms } from '../operations/runner.js';
import { MountJail } from './mount-jail.js';

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
  /** How the helper process is started; a test passes its own way. */
  readonly startHelper?: StartHelper;
}

/** What all VFS objects of this process share that lie on one device. */
class Device {
  readonly limiter: Limiter;
  readonly helper: Helper | undefined;
  readonly #key: string;
  #users = 0;

  constructor(key: string, isolate: boolean, startHelper: StartHelper | undefined) {
    this.#key = key;
    const onIdle = (): void => this.#endIfUnused();
    this.limiter = isolate
      ? new Limiter({ limit: MOST_AWAITED, spare: MOST_ABANDONED, onIdle })
      : new Limiter({ limit: MOST_AWAITED, onIdle });
    this.helper = isolate ? new Helper(MOST_AWAITED + MOST_ABANDONED, startHelper) : undefined;
  }

  join(): void {
    this.#users++;
    devices.set(this.#key, this);
  }

  leave(): void {
    this.#users--;
    this.#endIfUnused();
  }

  /**
   * As long as a call hangs it goes on using up what is limited, so whoever opens the device again joins in here. With a
   * helper of its own it would leave another process behind each time: one that hangs in the kernel cannot be killed.
   */
  #endIfUnused(): void {
    if (this.#users > 0 || !this.limiter.isIdle) return;
    if (devices.get(this.#key) === this) devices.delete(this.#key);
    this.helper?.dismiss();
  }
}

const devices = new Map<string, Device>();

/** Carries out operations on a mount: two at a time for each device of the process, each with a deadline. */
export function onMount(config: RootConfig, options: MountOptions): Runner {
  const { isolate, deadlineMs, clock } = options;
  const key = `${options.device} ${isolate ? 'isolated' : 'in process'}`;
  const device = devices.get(key) ?? new Device(key, isolate, options.startHelper);
  device.join();

  const { limiter, helper } = device;
  const inHere = new Map<RootConfig, Runner>();
  const send = async <N extends OperationName>(
    to: RootConfig,
    name: N,
    rest: ArgumentsOf<N>,
    terms: Terms,
  ): Promise<AnswerOf<N>> => {
    if (helper !== undefined) return helper.run(to, name, rest);
    const runner = inHere.get(to) ?? inProcess(new MountJail(to), 'pool');
    inHere.set(to, runner);
    return runner.run(name, rest, terms);
  };
  // Only the first call makes a missing root. A helper process that is started anew knows nothing of that one.
  let root = config;
  const opened: RootConfig = { ...config, create: false };
  return {
    run: (name, rest, terms) =>
      limiter.run(
        async () => {
          if (root.create) {
            await send(root, 'open', [], terms);
            root = opened;
          }
          return send(root, name, rest, terms);
        },
        { ...terms, deadlineMs, clock },
      ),
    close: () => device.leave(),
  };
}
