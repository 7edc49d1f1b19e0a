import { isAbsolute, join } from 'node:path';
import { UsageError } from '../failure.js';
import type { Environment } from '../environment.js';

/** The folder of this user's locks, in one of the folders that the platform has for the state of programs. */
export interface DefaultFolder {
  /** That of the platform. */
  readonly state: string;
  /** Below it: Holdfast's own, and in that the one of the locks. */
  readonly own: readonly [holdfast: string, locks: string];
}

/**
 * The folder where this user's locks are kept when none is named. Source: XDG Base Directory Specification; elsewhere
 * what the platform has for it.
 *
 * @throws `UsageError` if the environment names one that is not absolute. The specification has it ignored; but then
 *   the locks would be elsewhere than somebody meant
 */
export function defaultFolder(env: Environment, platform: NodeJS.Platform, home: string): DefaultFolder {
  const given = (name: string): string | undefined => {
    const path = env[name];
    if (path === undefined || path === '') return undefined;
    if (isAbsolute(path)) return path;
    throw new UsageError(`${name} is not an absolute path; correct it, or name a folder with --on`);
  };
  const state =
    platform === 'win32'
      ? (given('LOCALAPPDATA') ?? join(home, 'AppData', 'Local'))
      : platform === 'darwin'
        ? join(home, 'Library', 'Application Support')
        : (given('XDG_STATE_HOME') ?? join(home, '.local', 'state'));
  const holdfast = join(state, 'holdfast');
  return { state, own: [holdfast, join(holdfast, 'locks')] };
}
