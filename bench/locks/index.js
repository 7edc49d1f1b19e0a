// The locks that are compared. Each takes a folder, which is its own, and the name of a lock in it, and gives
// `{ lock, unlock }`; `unlock` takes what `lock()` resolved to. A peer runs at its own best: with the settings that make
// it fastest here.
import { holdfast } from './holdfast.js';
import { lockFile } from './lockfile.js';
import { properLockfile } from './proper-lockfile.js';

export const LOCKS = { Holdfast: holdfast, 'proper-lockfile': properLockfile, lockfile: lockFile };
