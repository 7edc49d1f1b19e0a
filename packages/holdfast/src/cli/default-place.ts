import { isAbsolute, join } from 'node:path';

/**
 * The folder where this user's locks are kept when no place is named. Source: XDG Base Directory Specification, whose
 * relative paths are to be ignored; elsewhere what the platform has for it.
 */
export function defaultPlace(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): string {
  const given = (name: string): string | undefined => {
    const path = env[name];
    return path !== undefined && isAbsolute(path) ? path : undefined;
  };
  const state =
    platform === 'win32'
      ? (given('LOCALAPPDATA') ?? join(home, 'AppData', 'Local'))
      : platform === 'darwin'
        ? join(home, 'Library', 'Application Support')
        : (given('XDG_STATE_HOME') ?? join(home, '.local', 'state'));
  return join(state, 'holdfast', 'locks');
}
