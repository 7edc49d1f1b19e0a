import type { Lease } from '@holdfast/lock';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LockOptions } from '../../lock.js';
import { commandEnvironment } from '../environment.js';
import { ExitStatus } from '../exit-status.js';
import { Interrupted, isNotObtained, messageOf } from '../failure.js';
import { Notices } from '../notices.js';
import type { RunSettings } from '../settings.js';
import { isEnding, signalStatus, SignalRelay } from '../signals.js';
import { openTarget } from '../target/cli-target.js';
import { Command } from './command.js';
import { unguardedIdentity, type Guardian } from './guardian/guardian.js';
import { holdOn } from './hold-on.js';
import { obtain } from './obtain.js';
import { assertNotNested, heldEnvironment } from './nested.js';
import { reporter } from './reporter.js';
import { Traffic } from './traffic.js';
import { WaitingDisplay } from './waiting-display.js';

/** Shortest default of `staleAfterMs` on any storage. */
const SHORTEST_DEFAULT_MS = 10_000;

/** Longest wait for what is still under way at the end, in milliseconds: a claim to be given back, say. */
const CLOSING_MS = 2_000;

/**
 * `holdfast run`: runs a command under a lock.
 *
 * @param starting the guardian of the command, which starts while this process still loads what it needs
 * @returns the exit status
 */
export async function run(settings: RunSettings, starting: Promise<Guardian | undefined>): Promise<number> {
  const interruption = new AbortController();
  const relay = new SignalRelay((signal) => {
    if (isEnding(signal)) interruption.abort(new Interrupted(signal));
  });
  const notices = new Notices(settings);
  const { vfs: opened, name } = await openTarget(settings.on);
  await assertNotNested(opened, name, settings);
  const traffic = new Traffic(opened);
  const { vfs } = traffic;
  if (name.startsWith('memory:')) notices.tell('a lock in memory keeps nobody out but this very process');
  const guardian = await starting;
  if (guardian === undefined && process.platform !== 'win32') {
    notices.warn(
      'warning: no guardian could be started; should this process be killed, the command goes on without the lock',
    );
  }
  const display = new WaitingDisplay(settings.id, notices, settings.progress);
  try {
    const options: LockOptions = {
      id: settings.id,
      staleAfterMs: settings.staleAfter,
      label: settings.label ?? basename(settings.command[0] ?? ''),
      identity: guardian?.identity ?? unguardedIdentity(),
      onEvent: reporter(settings.id, display, notices),
    };
    const lease = await obtain(vfs, options, settings, interruption.signal);
    display.end(lease.token);
    try {
      interruption.signal.throwIfAborted();
      return await underLease({ lease, guardian, relay, notices, settings, place: name });
    } finally {
      // The command is over. Whoever does not want to wait for the storage may go.
      relay.to((signal) => process.exit(signalStatus(signal)));
      await release(lease, notices);
    }
  } catch (error) {
    display.end();
    // Here, too: what is given up behind the scenes can take as long as a storage likes.
    relay.to((signal) => process.exit(signalStatus(signal)));
    if (!isNotObtained(error)) throw error;
    notices.warn(messageOf(error));
    notices.tell(`${statusCommand(settings)} shows who holds it, and who waits`);
    return settings.conflictStatus ?? ExitStatus.notObtained;
  } finally {
    display.end();
    guardian?.dismiss();
    const closed = traffic.quiet().then(() => vfs.close());
    await Promise.race([closed, sleep(CLOSING_MS, undefined, { ref: false })]);
  }
}

/** What to type to see more. Not with what was given as `--on`, which may hold a password. */
function statusCommand({ on, id }: RunSettings): string {
  const where = on === undefined ? '' : ' --on …';
  return `"holdfast status${where} --id ${/^[\w.-]+$/.test(id) ? id : JSON.stringify(id)}"`;
}

interface Guarded {
  readonly lease: Lease;
  readonly guardian: Guardian | undefined;
  readonly relay: SignalRelay;
  readonly notices: Notices;
  readonly settings: RunSettings;
  readonly place: string;
}

/** Runs the command to its end, or ends it when the lease does. @returns the exit status */
async function underLease({ lease, guardian, relay, notices, settings, place }: Guarded): Promise<number> {
  const heldAt = performance.now();
  guardian?.begin(settings.staleAfter ?? SHORTEST_DEFAULT_MS);
  const environment = commandEnvironment(process.env, settings.passEnv, {
    HOLDFAST_ID: lease.id,
    HOLDFAST_TOKEN: String(lease.token),
    ...heldEnvironment(process.env, place, settings, lease.token),
    ...guardian?.environment,
  });
  const command = await Command.start(settings.command, environment, ({ pid, ownGroup, ended }) => {
    guardian?.guard(pid, ownGroup);
    void ended.then(() => guardian?.over());
  });
  relay.to((signal) => command.relay(signal));

  const never = new Promise<never>(() => undefined);
  const ending = await Promise.race([
    command.ended,
    lossOf(lease),
    guardian?.gone.then(() => 'unguarded' as const) ?? never,
  ]);
  if (typeof ending === 'number') {
    if (lease.held) {
      await holdOn(heldAt + (settings.holdAtLeast ?? 0) - performance.now(), lease.signal, relay);
      return ending;
    }
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
