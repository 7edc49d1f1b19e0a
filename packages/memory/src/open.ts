import { type VFS } from '@holdfast/vfs';
import { createVFS } from '@holdfast/vfs/adapter';
import { MemoryDriver } from './driver.js';
import { parseOptions, type MemoryVFSOptions } from './options.js';

/**
 * A VFS in memory, for tests and for contenders within one process.
 *
 * Closing it closes this view and its watchers; the store and other views on it stay.
 *
 * @throws `VFSError` `EINVAL` if an option is unknown or not valid
 */
export function memoryVFS(options: MemoryVFSOptions = {}): VFS {
  const settings = parseOptions(options);
  return createVFS(new MemoryDriver(settings), { clock: settings.clock });
}
