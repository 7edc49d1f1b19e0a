import { posix } from 'node:path';
import type { EntryType, Operation, VFSErrorCode } from '@holdfast/vfs';
import type { Channel } from './channel.js';
import { Refusal } from './fault.js';
import { typeOf } from './list.js';
import { END_OF_FILE, spaceByText, STATUS } from './status.js';

/** What there is at a path: a type, nothing, or no answer to that either. */
type Seen = EntryType | 'nothing' | 'hidden';

export interface Refused {
  readonly op: Operation;
  /** As the server knows it. */
  readonly path: string;
  readonly exclusive: boolean;
}

/** Operations that take the path itself, not what a symbolic link at its end leads to. */
const OF_THE_NAME: ReadonlySet<Operation> = new Set(['mkdir', 'rm', 'writeFile']);

/**
 * The code of a refusal. Where the status says too little, by what there is now: one round trip, or two if there may
 * be a lack of space. Only failures pay for it, and of those on a lock's way only "exists".
 */
export async function codeOf(channel: Channel, refusal: Refusal, refused: Refused): Promise<VFSErrorCode> {
  const { code, look } = STATUS.get(refusal.status) ?? { code: 'EIO' };
  if (look !== true) return code;
  if (spaceByText(refusal.message)) return 'ENOSPC';
  const { op, path } = refused;
  const [there, parent] = await Promise.all([
    see(channel, path, OF_THE_NAME.has(op) ? 'lstat' : 'stat'),
    see(channel, posix.dirname(path), 'stat'),
  ]);
  if (parent === 'nothing') return 'ENOENT';
  if (parent === 'file' || parent === 'other') return 'ENOTDIR';
  const found = byWhatIsThere(there, refused) ?? (await byWhatIsInIt(channel, there, refused));
  if (found !== undefined) return found;
  if (code === 'EIO' && (op === 'mkdir' || op === 'writeFile')) {
    const obstacle = await channel.obstacle(posix.dirname(path));
    if (obstacle !== undefined) return obstacle === 'full' ? 'ENOSPC' : 'EACCES';
  }
  return code;
}

function byWhatIsThere(there: Seen, { op, exclusive }: Refused): VFSErrorCode | undefined {
  const isThere = there !== 'nothing' && there !== 'hidden';
  switch (op) {
    case 'mkdir':
      return isThere ? 'EEXIST' : undefined;
    case 'writeFile':
      if (isThere && exclusive) return 'EEXIST';
      return there === 'directory' ? 'EISDIR' : undefined;
    case 'readFile':
      if (there === 'nothing') return 'ENOENT';
      return there === 'directory' ? 'EISDIR' : undefined;
    case 'ls':
      if (there === 'nothing') return 'ENOENT';
      return isThere && there !== 'directory' ? 'ENOTDIR' : undefined;
    case 'rm':
    case 'chtimes':
    case 'stat':
      return there === 'nothing' ? 'ENOENT' : undefined;
    case 'rename':
    case 'link':
    case 'watch':
    case 'open':
      return undefined;
  }
}

async function byWhatIsInIt(
  channel: Channel,
  there: Seen,
  { op, path }: Refused,
): Promise<VFSErrorCode | undefined> {
  if (op !== 'rm' || there !== 'directory') return undefined;
  return (await isEmpty(channel, path)) ? undefined : 'ENOTEMPTY';
}

async function isEmpty(channel: Channel, path: string): Promise<boolean> {
  try {
    const handle = await channel.opendir(path);
    try {
      // "." and ".." are listed too, and may come alone at first.
      for (;;) {
        const names = await channel.readdir(handle);
        if (names.length === 0) return true;
        if (names.some(({ filename }) => filename !== '.' && filename !== '..')) return false;
      }
    } finally {
      channel.close(handle).catch(() => undefined);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.status === END_OF_FILE;
  }
}

async function see(channel: Channel, path: string, how: 'stat' | 'lstat'): Promise<Seen> {
  try {
    return typeOf(await channel[how](path));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return STATUS.get(error.status)?.code === 'ENOENT' ? 'nothing' : 'hidden';
  }
}
