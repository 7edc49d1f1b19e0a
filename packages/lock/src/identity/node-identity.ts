import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { HostIdentity, ProcessIdentity } from './identity.js';

let known: HostIdentity | undefined;

/**
 * This process and its host, as Node can tell them apart.
 *
 * On Linux a process is identified by boot id, pid namespace, time namespace, pid and start time, so a dead holder on a
 * local disk is known for certain and its lock taken over at once. Elsewhere it says who it is, for people, and proves
 * nothing.
 */
export function nodeIdentity(): HostIdentity {
  known ??= identityOf(process.pid);
  return known;
}

/** As {@link nodeIdentity}, for another process of this host: one that lives at least as long as the work does. */
export function identityOf(pid: number): HostIdentity {
  const self: ProcessIdentity = {
    host: hostname(),
    boot: attempt(bootId),
    pidNamespace: attempt(() => readlinkSync('/proc/self/ns/pid')),
    timeNamespace: attempt(() => readlinkSync('/proc/self/ns/time')),
    pid,
    start: attempt(() => ownStart(pid)),
  };
  return { self, isDead: (other) => isDead(self, other) };
}

/** A pid namespace may lack a /proc of its own; then /proc shows processes of another one under the same numbers. */
function ownStart(pid: number): string {
  if (readlinkSync('/proc/self') !== String(process.pid))
    throw new Error('/proc is not of this pid namespace');
  return startIn(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}

/** Kernels before 5.6 have no time namespaces; then neither side names one, and all processes read the same times. */
function isDead(self: ProcessIdentity, other: ProcessIdentity): boolean {
  const comparable =
    self.boot !== undefined &&
    self.pidNamespace !== undefined &&
    self.start !== undefined &&
    other.start !== undefined &&
    other.boot === self.boot &&
    other.pidNamespace === self.pidNamespace &&
    other.timeNamespace === self.timeNamespace;
  if (!comparable) return false;
  try {
    return startIn(readFileSync(`/proc/${other.pid}/stat`, 'latin1')) !== other.start;
  } catch {
    return isGone(other.pid);
  }
}

/** A `/proc` mounted with hidepid hides the processes of other users; a signal tells them from none. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/**
 * The start time in `/proc/PID/stat`, or a word for a process that has ended but was not yet waited for. The name, in
 * brackets, may hold anything, brackets and blanks too; what counts comes behind the last one.
 *
 * Source: proc(5), fields 3 (state) and 22 (starttime).
 */
function startIn(stat: string): string {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? 'ended' : (fields[19] ?? 'unknown');
}

function bootId(): string {
  if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  if (process.platform === 'darwin') {
    return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'latin1' }).trim();
  }
  throw new Error('no boot id here');
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // The host does not tell; the field stays out of the record.
  }
}
