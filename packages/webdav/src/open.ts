import type { VFS } from '@holdfast/vfs';
import { createVFS } from '@holdfast/vfs/adapter';
import { WebDAVDriver } from './driver.js';
import { serverOf } from './errors.js';
import { parseOptions, type WebDAVVFSOptions } from './options.js';
import { makeTransport } from './transport/client.js';

/**
 * A WebDAV share as a VFS. Connects at the first call.
 *
 * @throws `VFSError` `EINVAL` if an option is not valid
 * @example
 * const vfs = webdavVFS({
 *   url: 'https://cloud.example/dav/locks',
 *   auth: { type: 'basic', username: 'ada', password: process.env.DAV_PASSWORD ?? '' },
 * });
 */
export function webdavVFS(options: WebDAVVFSOptions): VFS {
  const settings = parseOptions(options);
  const { deadlineMs, clock, base } = settings;
  const driver = new WebDAVDriver(settings, makeTransport(settings));
  return createVFS(driver, { deadlineMs, clock, server: serverOf(base) });
}
