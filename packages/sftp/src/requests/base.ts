import { posix } from 'node:path';
import type { Channel } from '../transport/channel.js';
import { ServerRefusal } from '../transport/server-refusal.js';

/** Makes a directory with its missing parents; one that exists will do. */
export async function makeBase(channel: Channel, path: string): Promise<void> {
  try {
    return await channel.mkdir(path);
  } catch (error) {
    if (!(error instanceof ServerRefusal)) throw error;
    if (await exists(channel, path)) return;
    const parent = posix.dirname(path);
    if (parent === path || parent === '.' || (await exists(channel, parent))) throw error;
    await makeBase(channel, parent);
    return channel.mkdir(path);
  }
}

async function exists(channel: Channel, path: string): Promise<boolean> {
  try {
    await channel.stat(path);
    return true;
  } catch (error) {
    if (error instanceof ServerRefusal) return false;
    throw error;
  }
}
