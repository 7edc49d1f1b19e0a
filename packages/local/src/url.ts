import { fileURLToPath } from 'node:url';
import type { VFS } from '@holdfast/vfs';
import { optionError, parseURL, type URLRules } from '@holdfast/vfs/adapter';
import { localVFS } from './open.js';
import type { LocalVFSOptions } from './options.js';

const RULES = {
  adapter: 'local',
  schemes: ['file:'],
  form: 'file:///folder?create=true',
  options: {
    create: 'flag',
    filesystem: 'text',
    deadlineMs: 'number',
    fsync: 'flag',
    mode: 'octal',
    calls: 'text',
    isolate: 'flag',
  },
  secrets: 'Leave it out: a folder has no password',
} as const satisfies URLRules<Partial<Record<keyof LocalVFSOptions, 'flag' | 'text' | 'number' | 'octal'>>>;

/**
 * Opens the folder that a URL names, for instance `file:///srv/locks?create=true&mode=2770`; see {@link localVFS}. The
 * mode is octal, as `chmod` takes it. What `options` says goes before what the URL says.
 *
 * @throws `VFSError` `EINVAL` that says what is wrong with the URL
 */
export function localVFSFromURL(url: string | URL, options: Readonly<LocalVFSOptions> = {}): VFS {
  const { user, options: inURL } = parseURL(url, RULES);
  // The parser takes `file:locks` for `file:///locks`: another folder than was meant.
  if (typeof url === 'string' && !/^\s*file:\//i.test(url)) {
    throw optionError('local', 'the URL has no whole path', `Write ${RULES.form}`);
  }
  if (user !== '') throw optionError('local', 'the URL names a user', `Write ${RULES.form}`);
  // The options are checked with the others; their types say what they may be once they have passed.
  return localVFS(rootOf(new URL(url)), { ...(inURL as LocalVFSOptions), ...options });
}

function rootOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'it is not the URL of a folder';
    throw optionError('local', detail, `Write ${RULES.form}`);
  }
}
