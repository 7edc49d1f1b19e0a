import type { VFS } from '@holdfast/vfs';
import { z } from 'zod';
import { refused } from './refused.js';
import { SCHEMES, type OpenOptions } from './schemes.js';

const urlSchema = z.union([z.instanceof(URL), z.string()]).transform((given, context) => {
  if (given instanceof URL) return given;
  // The URL parser takes `file:locks` for `file:///locks`: another folder than was meant.
  if (URL.canParse(given) && !/^file:(?!\/)/i.test(given)) return new URL(given);
  context.addIssue('it is not a whole URL');
  return z.NEVER;
});
const optionsSchema = z.record(z.string(), z.unknown());

/**
 * Opens the storage that `url` names: `file:///folder`, `memory:name`, `sftp://user@host/folder`,
 * `webdavs://host/folder` (`webdav:` for plain http), or `s3://bucket/prefix`.
 *
 * `memory:name` is one store for each name within this process. The options are those of the adapter, `localVFS`,
 * `memoryVFS`, `sftpVFS`, `webdavVFS` or `s3VFS`; simple ones can stand in the URL too:
 * `file:///mnt/share?deadlineMs=3000`. Only the adapter that is asked for is loaded. Nothing is asked of the storage yet.
 *
 * @throws `VFSError` `EINVAL` if the scheme, a part of the URL or an option is unknown; it lists what there is
 */
export async function openVFS(url: string | URL, options: OpenOptions = {}): Promise<VFS> {
  const forms = `Pass a URL such as ${[...SCHEMES.values()].map(({ form }) => form).join(' or ')}`;
  const at = urlSchema.safeParse(url);
  if (!at.success) throw refused('a URL', 'it is not a whole URL', forms);
  const scheme = SCHEMES.get(at.data.protocol);
  if (scheme === undefined) throw refused(at.data.protocol, 'the scheme is not known', forms);
  const given = optionsSchema.safeParse(options);
  if (!given.success) {
    throw refused(at.data.protocol, 'the options are not an object', 'Pass an object of options, or nothing');
  }
  return scheme.open(at.data, given.data);
}
