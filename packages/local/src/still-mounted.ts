import { Refusal } from './errno.js';
import { mountOf, parseMounts } from './mounts.js';
import type { Steps } from './steps.js';
import type { MountedAt } from './survey.js';
import { system } from './system.js';

/**
 * Refuses to go on if what was mounted is gone: unmounted, or a FUSE program that has ended.
 *
 * Where it was there is then a folder of a disk of this machine, which no other host sees. A lock in it would be held by
 * each host for itself.
 */
export function* assertMounted(mount: MountedAt): Steps<void> {
  const mounts = parseMounts(yield* system.mountinfo());
  const now = mountOf(mounts, mount.path)?.type;
  // What an automounter has taken away, it brings back when the path is used; what it has brought is no longer its own.
  if (now === mount.type || now === 'autofs' || mount.type === 'autofs') return;
  throw new Refusal(
    'ECONN',
    `${mount.type} is no longer mounted at ${mount.path}`,
    'Mount it again; until then there is another folder in its place, which only this machine sees',
  );
}
