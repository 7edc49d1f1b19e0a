import { describeHolder, type Lease, type LockEventListener } from '@holdfast/lock';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lock } from '../lock.js';
import { Command } from './command.js';
import { ExitStatus } from './exit-status.js';
import { Interrupted, messageOf } from './failure.js';
import { Guardian, unguardedIdentity } from './guardian.js';
import { Notices } from './notices.js';
import { openPlace } from './place.js';
import type { RunSettings } from './settings.js';
import { isEnding, signalStatus, SignalRelay } from './signals.js';
import { WaitingDisplay } from './waiting.js';

/** Shortest default of `staleAfterMs` on any storage. */
const SHORTEST_DEFAULT_MS = 10_000;

/** Longest wait for a storage to let go of, in milliseconds. */
const CLOSING_MS = 2_000;

/** `holdfast run`: runs a command under a lock. @returns the exit status */
export async function run(settings: RunSettings): Promise<number> {
  const interruption = new AbortController();
  const relay = new SignalRelay((signal) => {
    if (isEnding(signal)) interruption.abort(new Interrupted(signal));
  });
  const notices = new Notices(settings);
  const { vfs, name } = await openPlace(settings.on);
  if (name.startsWith('memory:')) notices.tell('a lock in memory keeps nobody out but this very process');
  const guardian = await Guardian.start(settings.staleAfter ?? SHORTEST_DEFAULT_MS);
  const display = new WaitingDisplay(settings.id, notices);
  try {
    const lock = new Lock(vfs, {
      id: settings.id,
      staleAfterMs: settings.staleAfter,
      label: settings.label ?? basename(settings.command[0] ?? ''),
      identity: guardian?.identity ?? unguardedIdentity(),
      onEvent: reporter(settings.id, display, notices),
    });
    const lease = await obtain(lock, settings, interruption.signal);
    display.end(lease.token);
    try {
      interruption.signal.throwIfAborted();
      return await underLease({ lease, guardian, relay, notices, argv: settings.command });
    } finally {
      // The command is over. Whoever does not want to wait for the storage may go.
      relay.to((signal) => process.exit(signalStatus(signal)));
      await release(lease, notices);
    }
  } finally {
    display.end();
    guardian?.dismiss();
    await Promise.race([vfs.close(), sleep(CLOSING_MS, undefined, { ref: false })]);
  }
}

async function obtain(lock: Lock, { wait, timeout }: RunSettings, signal: AbortSignal): Promise<Lease> {
  return wait ? lock.acquire({ timeoutMs: timeout, signal }) : lock.tryAcquire({ signal });
}

interface Guarded {
  readonly lease: Lease;
  readonly guardian: Guardian | undefined;
  readonly relay: SignalRelay;
  readonly notices: Notices;
  readonly argv: readonly string[];
}

/** Runs the command to its end, or ends it when the lease does. @returns the exit status */
async function underLease({ lease, guardian, relay, notices, argv }: Guarded): Promise<number> {
  guardian?.begin();
  const environment = {
    HOLDFAST_ID: lease.id,
    HOLDFAST_TOKEN: String(lease.token),
    ...guardian?.environment,
  };
  const command = await Command.start(argv, environment, ({ pid, ownGroup }) =>
    guardian?.guard(pid, ownGroup),
  );
  relay.to((signal) => command.relay(signal));

  const never = new Promise<never>(() => undefined);
  const ending = await Promise.race([
    command.ended,
    lossOf(lease),
    guardian?.gone.then(() => 'unguarded' as const) ?? never,
  ]);
  if (typeof ending === 'number') {
    if (lease.held) return ending;
    notices.warn(messageOf(lease.signal.reason));
    return ExitStatus.lost;
  }
  if (ending === 'unguarded') {
    // Others on this host may take over from this very moment on, so there is no time to be polite.
    notices.warn('the process that guards the command is gone, and the lock with it; killing the command');
    await command.kill();
    return ExitStatus.lost;
  }
  notices.warn(`${messageOf(lease.signal.reason)}; ending the command`);
  await (guardian === undefined ? command.kill() : guardian.end());
  return ExitStatus.lost;
}

function lossOf({ signal }: Lease): Promise<'lost'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('lost');
    else signal.addEventListener('abort', () => resolve('lost'), { once: true });
  });
}

/** The command has run, whatever becomes of this; its exit status is what counts. */
async function release(lease: Lease, notices: Notices): Promise<void> {
  try {
    await lease.release();
  } catch (error) {
    notices.warn(`the lock could not be released, and will go stale by itself: ${messageOf(error)}`);
  }
}

function reporter(id: string, display: WaitingDisplay, notices: Notices): LockEventListener {
  let troubled = false;
  return (event) => {
    switch (event.type) {
      case 'waiting':
        return display.blockedBy(event.claim);
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
