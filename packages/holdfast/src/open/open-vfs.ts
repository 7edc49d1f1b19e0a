import type { VFS } from '@holdfast/vfs';
import { z } from 'zod';
import { readURL } from './read-url.js';
import { refused } from './refused.js';
import { adviceOn, SCHEMES, type OpenOptions } from './schemes.js';

const optionsSchema = z.record(z.string(), z.unknown());

/**
 * Opens the storage that `url` names: `file:///folder`, `memory:name`, `sftp://user@host/folder`,
 * `webdavs://host/folder` (`webdav:` for plain http), or `s3://bucket/prefix`.
 *
 * `memory:name` is one store for each name within this process. The options are those of the adapter, `localVFS`,
 * `memoryVFS`, `sftpVFS`, `webdavVFS` or `s3VFS`; simple ones can stand in the URL too:
 * `file:///mnt/share?deadlineMs=3000`. Only the adapter that is asked for is loaded. Nothing is asked of the storage yet.
 *
 * @throws `VFSError` `EINVAL` if the scheme, a part of the URL or an option is unknown; it lists what there is, and does
 *   not repeat the URL
 */
export async function openVFS(url: string | URL, options: OpenOptions = {}): Promise<VFS> {
  const at = typeof url === 'string' ? readURL(url) : url;
  if (typeof at === 'string') throw refused('a URL', at, adviceOn());
  if (!(at instanceof URL)) throw refused('a URL', 'neither a text nor a URL was passed', adviceOn());
  const scheme = SCHEMES.get(at.protocol);
  if (scheme === undefined) throw refused('a URL', 'its scheme is not known', adviceOn(at.protocol));
  const given = optionsSchema.safeParse(options);
  if (!given.success) {
    throw refused(at.protocol, 'the options are not an object', 'Pass an object of options, or nothing');
  }
  return scheme.open(at, given.data);
}
