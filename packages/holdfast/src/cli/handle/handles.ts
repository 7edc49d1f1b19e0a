import type { Lease } from '@holdfast/lock';
import type { VFS } from '@holdfast/vfs';
import { writeSync } from 'node:fs';
import { Lock, Semaphore } from '../../lock.js';
import { ExitStatus } from '../exit-status.js';
import { Interrupted, isNotObtained, messageOf, OutputError, UsageError } from '../failure.js';
import { Notices } from '../notices.js';
import { reporter } from '../run/reporter.js';
import { obtain } from '../run/obtain.js';
import { WaitingDisplay } from '../run/waiting-display.js';
import type { AcquireSettings, HandleFormat, HandleSettings } from '../settings.js';
import { isEnding, SignalRelay } from '../signals.js';
import { openTarget } from '../target/cli-target.js';
import { formatHandle, readHandle, type Handle } from './handle.js';

/** `holdfast acquire`: takes a lock that outlives this process. @returns the exit status */
export async function acquire(settings: AcquireSettings): Promise<number> {
  const { id, label, permits, ttl: ttlMs, format } = settings;
  const signal = interruption();
  const notices = new Notices(settings);
  const { vfs, name } = await openTarget(settings.on);
  const display = new WaitingDisplay(id, notices);
  try {
    if (name.startsWith('memory:')) throw new UsageError('a lock in memory ends with this process');
    const options = { id, label, onEvent: reporter(id, display, notices) };
    const lease = await obtain(vfs, options, settings, signal);
    display.end(lease.token);
    await handOut(vfs, lease, { ttlMs, of: permits }, format, signal);
    return ExitStatus.done;
  } catch (error) {
    if (!isNotObtained(error)) throw error;
    display.end();
    notices.warn(messageOf(error));
    return settings.conflictStatus ?? ExitStatus.notObtained;
  } finally {
    display.end();
    await vfs.close();
  }
}

/** `holdfast renew`: begins the time of a handle anew, and prints the handle that counts from now on. */
export async function renew(settings: HandleSettings): Promise<number> {
  const { on, format, ttl } = settings;
  const handle = readHandle(settings.handle, process.env);
  const { vfs } = await openTarget(on);
  try {
    const lease = await attached(vfs, handle);
    await handOut(vfs, lease, { ...handle, ttlMs: ttl ?? handle.ttlMs }, format, interruption());
    return ExitStatus.done;
  } finally {
    await vfs.close();
  }
}

/** `holdfast release`: gives the lock of a handle back. */
export async function release({ on, handle: given }: HandleSettings): Promise<number> {
  const handle = readHandle(given, process.env);
  const { vfs } = await openTarget(on);
  try {
    await (await attached(vfs, handle)).release();
    return ExitStatus.done;
  } finally {
    await vfs.close();
  }
}

/** Nobody could use, nor give back, a handle that was not read. So then the lock is given back. */
async function handOut(
  vfs: VFS,
  lease: Lease,
  { ttlMs, of }: Pick<Handle, 'ttlMs' | 'of'>,
  format: HandleFormat,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) {
    await lease.release();
    throw signal.reason;
  }
  const handle: Handle = { lease: await lease.detach({ ttlMs }), ttlMs, of };
  try {
    signal.throwIfAborted();
    writeSync(1, formatHandle(handle, format));
  } catch (error) {
    await (await attached(vfs, handle)).release();
    if (error instanceof Interrupted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new OutputError(`the handle could not be printed, and the lock was given back: ${why}`);
  }
}

function attached(vfs: VFS, { lease, of }: Handle): Promise<Lease> {
  const { id, permits } = lease;
  if (permits === undefined) return new Lock(vfs, { id }).attach(lease);
  if (of === undefined) throw new UsageError('the handle is damaged');
  return new Semaphore(vfs, { id, permits: of }).attach(lease);
}

function interruption(): AbortSignal {
  const controller = new AbortController();
  const relay = new SignalRelay(() => undefined);
  relay.to((signal) => {
    if (isEnding(signal)) controller.abort(new Interrupted(signal));
  });
  return controller.signal;
}
