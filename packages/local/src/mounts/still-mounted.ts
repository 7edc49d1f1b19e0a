import { constants } from 'node:fs';
import { HalfDone, Refusal } from '../errors.js';
import { isWithin, mountOf, parseMounts, type Mount } from './mount-table.js';
import type { Steps } from '../operations/steps.js';
import { system } from '../operations/system.js';
import type { Kept, MountedAt } from './tree.js';

/**
 * Refuses to go on if what was mounted where `path` lies is gone: unmounted, or a FUSE program that has ended.
 *
 * Where it was there is then a folder of a disk of this machine, which no other host sees. A lock in it would be held by
 * each host for itself.
 */
export function* assertMounted(kept: Kept, path: string): Steps<void> {
  const wanted = mountedAt(kept, path);
  if (wanted === undefined || isThere(yield* tableOfMounts(), wanted, path)) return;
  // What an automounter, NFSv4 or DFS has taken away, it brings back as soon as the directory is opened.
  yield* wake(wanted.point);
  if (!isThere(yield* tableOfMounts(), wanted, path)) throw gone(wanted);
}

/** After a change at `path`: the mount may have gone after {@link assertMounted}, and the change into what is below it. */
export function* assertMountedStill(kept: Kept, path: string): Steps<void> {
  const wanted = mountedAt(kept, path);
  if (wanted === undefined || isThere(yield* tableOfMounts(), wanted, path)) return;
  throw new HalfDone(gone(wanted));
}

let lastText = '';
let lastTable: readonly Mount[] = [];

/** The table of mounts as it is now. It seldom changes, and to compare its text is cheaper than to parse it. */
export function* tableOfMounts(): Steps<readonly Mount[]> {
  const text = yield* system.mountinfo();
  if (text !== lastText) {
    lastTable = parseMounts(text);
    lastText = text;
  }
  return lastTable;
}

/** Has the kernel mount what it mounts by itself on first use. Nobody looks at what comes of it but by the table. */
export function* wake(directory: string): Steps<void> {
  try {
    // Windows has no such flag, nor a table of mounts.
    const fd = yield* system.open(directory, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
    yield* system.close(fd);
  } catch {
    return;
  }
}

/** What was mounted where `path` lies; `undefined` if that cannot go away. */
export function mountedAt({ mounts }: Kept, path: string): MountedAt | undefined {
  let deepest: MountedAt | undefined;
  for (const mount of mounts) {
    if (isWithin(mount.point, path) && mount.point.length >= (deepest?.point.length ?? 0)) deepest = mount;
  }
  return deepest;
}

function isThere(table: readonly Mount[], wanted: MountedAt, path: string): boolean {
  const now = mountOf(table, path);
  for (let at = now; at !== undefined; at = parentIn(table, at)) {
    // Not the id, which is another after it was mounted again.
    const { point, type, source } = at;
    if (point === wanted.point && type === wanted.type && source === wanted.source) {
      return at === now || (now !== undefined && isBroughtBy(wanted, now));
    }
  }
  return false;
}

function parentIn(table: readonly Mount[], { id, parent }: Mount): Mount | undefined {
  return id === parent ? undefined : table.find((mount) => mount.id === parent);
}

/** Whether `now`, which lies on what is mounted at `wanted`, came with it: not by hand, to hide a part of it. */
function isBroughtBy(wanted: MountedAt, now: Mount): boolean {
  if (wanted.type === 'autofs') return true;
  return SUBMOUNTING.has(wanted.type) && now.type === wanted.type && now.point !== wanted.point;
}

/** Types that mount other parts of their server below themselves on first use: exports in exports, referrals, DFS. */
const SUBMOUNTING: ReadonlySet<string> = new Set(['nfs', 'nfs4', 'cifs', 'smb3']);

function gone({ type, point }: MountedAt): Refusal {
  return new Refusal(
    'ECONN',
    `${type} is no longer mounted at ${point}`,
    'Mount the same there again; until then there is another folder in its place, which only this machine sees',
  );
}
