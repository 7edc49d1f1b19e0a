import { ALREADY_EXISTS, saysTooLittle } from '../errors.js';
import type { Channel } from '../transport/channel.js';
import { ServerRefusal } from '../transport/server-refusal.js';

/** One round trip, also to learn that the name is taken. */
export function makeDirectory(channel: Channel, path: string): Promise<void> {
  return exclusively(channel, path, () => channel.mkdir(path));
}

/** Opens a file that must not exist yet, in one round trip, also to learn that it does. */
export function createFile(channel: Channel, path: string): Promise<Buffer> {
  return exclusively(channel, path, () => channel.open(path, 'wx'));
}

/**
 * Version 3 has no status for "exists": most servers send 4, which stands for any failure. So what is there is asked for
 * beside the request itself, at the cost of a few bytes and no time. Nobody waits for the answer unless it is needed.
 */
async function exclusively<T>(channel: Channel, path: string, create: () => Promise<T>): Promise<T> {
  const created = create();
  const exists = channel.lstat(path).then(
    () => true,
    () => false,
  );
  try {
    return await created;
  } catch (error) {
    if (!(error instanceof ServerRefusal) || !saysTooLittle(error.status) || !(await exists)) throw error;
    throw new ServerRefusal(ALREADY_EXISTS, error.message);
  }
}
