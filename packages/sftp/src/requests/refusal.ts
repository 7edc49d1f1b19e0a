import { posix } from 'node:path';
import type { EntryType, Operation, VFSErrorCode } from '@holdfast/vfs';
import type { Failure } from '@holdfast/vfs/adapter';
import { saysNoSpace, saysTooLittle, STATUS } from '../errors.js';
import type { Channel } from '../transport/channel.js';
import { ServerRefusal } from '../transport/server-refusal.js';
import { toldType, triedType } from './entry-type.js';

/** What there is at a path: a type, something of an unknown type, nothing, or no answer to that either. */
type Seen = EntryType | 'untold' | 'nothing' | 'hidden';

/** Replies to wait for until a directory has shown something other than itself and its parent. */
const MOST_REPLIES = 8;

export interface Refused {
  readonly op: Operation;
  /** As the server knows it. */
  readonly path: string;
  /** The directory on the server that is the root of the VFS. */
  readonly base: string;
  /** `host:port`. */
  readonly server: string;
  readonly exclusive: boolean;
}

/** Operations that take the path itself, not what a symbolic link at its end leads to. */
const OF_THE_NAME: ReadonlySet<Operation> = new Set(['mkdir', 'rm', 'writeFile']);

/**
 * What a refusal means. Where the status says too little, what there is now decides: one round trip, or two if there may
 * be a lack of space. Only failures pay for it, and none of those that a lock meets all the time.
 */
export async function meaningOf(
  channel: Channel,
  refusal: ServerRefusal,
  refused: Refused,
): Promise<Pick<Failure, 'code' | 'detail' | 'advice'>> {
  const { base, path, server } = refused;
  const code = await codeOf(channel, refusal, refused);
  if (code === BASE_IS_MISSING) {
    return {
      code: 'ENOENT',
      detail: `the base directory ${base} does not exist on ${server}`,
      advice: 'Create it, correct base, or pass { create: true }',
    };
  }
  return {
    code,
    detail: `${server} refused it for ${path}: ${refusal.message} (status ${refusal.status})`,
    ...(code === 'EIO' && {
      advice: "Look into the server's log; a full disk or a used-up quota can look like this",
    }),
  };
}

const BASE_IS_MISSING = Symbol('the base is missing');

async function codeOf(
  channel: Channel,
  refusal: ServerRefusal,
  refused: Refused,
): Promise<VFSErrorCode | typeof BASE_IS_MISSING> {
  const { code } = STATUS.get(refusal.status) ?? { code: 'EIO' };
  if (!saysTooLittle(refusal.status)) return code;
  if (saysNoSpace(refusal.message)) return 'ENOSPC';
  const { op, path, base } = refused;
  const [there, parent, root] = await Promise.all([
    see(channel, path, OF_THE_NAME.has(op) ? 'lstat' : 'stat'),
    see(channel, posix.dirname(path), 'stat'),
    see(channel, base, 'stat'),
  ]);
  if (root === 'nothing') return BASE_IS_MISSING;
  if (parent === 'nothing') return 'ENOENT';
  if (parent === 'file' || parent === 'other') return 'ENOTDIR';
  const found = byWhatIsThere(there, refused) ?? (await byWhatIsInIt(channel, there, refused));
  if (found !== undefined) return found;
  if (code === 'EIO' && (op === 'mkdir' || op === 'writeFile')) {
    const obstacle = await channel.obstacle(posix.dirname(path));
    if (obstacle === 'full') return 'ENOSPC';
    if (obstacle === 'read-only') return 'EACCES';
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
      return there === 'file' || there === 'other' ? 'ENOTDIR' : undefined;
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
  return (await hasEntries(channel, path)) ? 'ENOTEMPTY' : undefined;
}

async function hasEntries(channel: Channel, path: string): Promise<boolean> {
  try {
    const handle = await channel.opendir(path);
    try {
      // "." and ".." are listed too, and may come alone at first. A server that sends nothing else is not asked for ever.
      for (let reply = 0; reply < MOST_REPLIES; reply++) {
        const names = await channel.readdir(handle);
        if (names.some(({ filename }) => filename !== '.' && filename !== '..')) return true;
      }
      return false;
    } finally {
      channel.close(handle).catch(() => undefined);
    }
  } catch (error) {
    if (error instanceof ServerRefusal) return false;
    throw error;
  }
}

async function see(channel: Channel, path: string, how: 'stat' | 'lstat'): Promise<Seen> {
  try {
    const told = toldType(await channel[how](path));
    if (told !== undefined) return told;
    const tried = await triedType(channel, path);
    return tried === 'other' ? 'untold' : tried;
  } catch (error) {
    if (!(error instanceof ServerRefusal)) throw error;
    return STATUS.get(error.status)?.code === 'ENOENT' ? 'nothing' : 'hidden';
  }
}
