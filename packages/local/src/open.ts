import { printable, systemClock, type Capabilities, type Clock, type VFS } from '@holdfast/vfs';
import { createVFS } from '@holdfast/vfs/adapter';
import { DiskDriver } from './disk/disk-driver.js';
import { DiskJail } from './disk/disk-jail.js';
import { LocalDriver } from './driver.js';
import { toVFSError } from './errors.js';
import { tellsByTimes, typeNamed, unsafeOn, type FilesystemType } from './mounts/filesystem.js';
import { onMount } from './mounts/mount-runner.js';
import { parseSettings, type LocalVFSOptions, type Settings } from './options.js';
import type { RootConfig } from './root-config.js';
import { inProcess, type Runner } from './operations/runner.js';
import { survey, thisMachine, type Surroundings } from './mounts/survey.js';
import { Watches } from './disk/watches.js';

/** What stands between {@link localVFS} and the machine; tests replace parts of it. */
export interface Circumstances {
  readonly machine: Surroundings;
  readonly clock: Clock;
  /** Default: `process.emitWarning`. */
  readonly warn?: (message: string) => void;
}

const emitWarning = (message: string): void =>
  process.emitWarning(message, { type: 'HoldfastWarning', code: 'HOLDFAST_NOT_PROVED' });

const DEFAULT_MOUNT_DEADLINE_MS = 5000;

/**
 * Opens a directory of this machine, on a local disk or a mount, as a VFS.
 *
 * Nothing is asked of the directory yet: a missing root shows in the first call, as `ENOENT`.
 *
 * @param root an absolute or relative path, or a `file:` URL; resolved once
 * @throws `VFSError` `EINVAL` for a bad root or option, `ENOTSUP` for a filesystem on which no lock can be safe
 */
export function localVFS(root: string | URL, options: LocalVFSOptions = {}): VFS {
  return openLocal(root, options, { machine: thisMachine, clock: systemClock });
}

/** {@link localVFS} under the given circumstances. */
export function openLocal(
  root: string | URL,
  options: LocalVFSOptions,
  { machine, clock, warn = emitWarning }: Circumstances,
): VFS {
  const settings = parseSettings(root, options);
  const found = survey(settings.root, machine);
  const type = chosen(settings, found.type);
  const mounted = type.class !== 'local';
  if (settings.filesystem === 'auto' && !type.exclusiveMkdir && !MEASURED.has(type.name)) {
    warn(notProved(settings.root, type.name));
  }
  const fsync = settings.fsync ?? mounted;
  const config: RootConfig = {
    root: settings.root,
    kept: found.kept,
    insisted: settings.filesystem !== 'auto',
    create: settings.create,
    shared: mounted,
    smb: mounted && found.smb,
    sync: !fsync ? 'none' : mounted ? 'file' : 'all',
    timesTell: !mounted && tellsByTimes(type),
    mode: settings.mode,
    platform: machine.platform,
  };
  const deadlineMs = settings.deadlineMs ?? (mounted ? DEFAULT_MOUNT_DEADLINE_MS : Infinity);
  const jail = mounted ? undefined : new DiskJail(config, found.mountinfo);
  const runner: Runner =
    jail === undefined
      ? onMount(config, { device: found.device, isolate: settings.isolate, deadlineMs, clock })
      : inProcess(jail, settings.calls);
  const driver = new LocalDriver({
    capabilities: capabilitiesOf(type),
    runner,
    watches: jail === undefined ? undefined : new Watches(jail),
    deadlineMs,
    root: settings.root,
    platform: machine.platform,
    remote: mounted,
  });
  if (jail !== undefined && settings.calls === 'direct') {
    return createVFS(new DiskDriver(driver, jail), { clock, deadlineMs });
  }
  // On a mount the limiter keeps the deadline: it alone knows whether a call was begun.
  return createVFS(driver, mounted ? { clock } : { clock, deadlineMs });
}

/** Types of which mkdir is exclusive as far as was seen, though nobody promises it. */
const MEASURED: ReadonlySet<string> = new Set(['fuse.sshfs']);

function notProved(root: string, type: string): string {
  return printable(
    `${root} lies on ${type}. It is not proved that of two hosts only one can make a directory there, so a lock in it ` +
      `may be held by both. Pass filesystem: 'network' or 'fuse' if you know that it is so, or that one host alone uses it.`,
  );
}

function chosen({ filesystem, root }: Settings, found: FilesystemType): FilesystemType {
  if (filesystem === 'auto') {
    if (found.unsafe === undefined) return found;
    const { platform } = process;
    throw toVFSError(unsafeOn(found), { op: 'open', path: root, adapter: 'local', platform, remote: true });
  }
  if (filesystem === found.class) return found;
  return { ...typeNamed(STAND_IN[filesystem]), name: found.name };
}

/** The type whose conduct is taken on when the option names another class than the one found. */
const STAND_IN = { local: 'ext4', network: 'nfs4', fuse: 'fuse' } as const;

function capabilitiesOf(type: FilesystemType): Capabilities {
  return {
    exclusiveMkdir: type.exclusiveMkdir ? 'known' : 'probe',
    exclusiveWrite: true,
    // An exclusive file is proved, and its inode costs less, where one kernel alone decides.
    claimAs: type.class === 'local' ? 'file' : 'directory',
    link: type.class === 'local',
    chtimes: true,
    rename: true,
    watch: type.class === 'local',
    directories: 'real',
    // A stat for each name would cost more than reading the one file that matters, and on a mount it would not be fresh.
    listing: 'names',
    mtimeGranularityMs: type.mtimeGranularityMs,
    abort: 'caller',
    cost: type.class === 'local' ? 'local' : 'network',
  };
}
