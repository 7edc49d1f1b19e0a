import { win32 } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readURL } from '../../open/read-url.js';
import { UsageError } from '../failure.js';

/**
 * The URL that `named` stands for: itself, or that of a folder if it is a path, as a shell would take it.
 *
 * @param source where it was given, for messages: `--on`, say
 * @throws `UsageError` that does not repeat it: whatever is no URL may be one with a mistyped password
 */
export function readTarget(named: string, source: string, platform: NodeJS.Platform): URL {
  if (named.trim() === '') {
    throw new UsageError(
      `${source} is empty; name a URL or a folder, or leave it out for the folder of this user`,
    );
  }
  if (/^~(?:[/\\]|$)/.test(named)) {
    throw new UsageError(
      `${source} begins with ~, which only a shell replaces; write the whole path of the folder`,
    );
  }
  const windows = platform === 'win32';
  if (!windows && /^[a-z]:[/\\]/i.test(named)) {
    throw new UsageError(`${source} is the path of a folder on Windows, and this is not Windows`);
  }
  const isPath =
    named.startsWith('/') ||
    /^\.{1,2}(?:\/|$)/.test(named) ||
    (windows && (win32.isAbsolute(named) || /^\.{1,2}\\/.test(named)));
  if (isPath) {
    // A file system would cut it off there, or take it for another name.
    if (named.includes('\0')) throw new UsageError(`${source} holds a NUL, which no path can`);
    return pathToFileURL(named);
  }
  const url = readURL(named);
  if (typeof url === 'string') throw new UsageError(`${source}: ${url}${hint(named)}`);
  return url;
}

function hint(named: string): string {
  if (/^[^\s/:@]+@[^\s/:@]+:/.test(named))
    return '. For a folder on an SSH server write sftp://user@host/folder';
  if (!named.includes(':')) return '. The path of a folder begins with / or ./';
  return '';
}
