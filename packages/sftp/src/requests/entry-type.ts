import type { EntryType } from '@holdfast/vfs';
import type { Channel } from '../transport/channel.js';
import type { Attributes } from '../transport/replies.js';
import { ServerRefusal } from '../transport/server-refusal.js';
import { meansDenied } from '../errors.js';

const FILE_TYPE = 0o170000;
const BY_MODE: ReadonlyMap<number, EntryType> = new Map([
  [0o040000, 'directory'],
  [0o100000, 'file'],
]);

/** The beginning of a line of `ls -l`. Some servers put something else into this field, the bare name for instance. */
const LONG_NAME = /^([-bcdlps])[-r][-w][-xsStT][-r][-w][-xsStT][-r][-w][-xsStT]/;
const BY_LETTER: ReadonlyMap<string, EntryType> = new Map([
  ['d', 'directory'],
  ['-', 'file'],
]);

/** The type that a server tells; `undefined` if it tells none, as some do. */
export function toldType({ mode }: Attributes, longname = ''): EntryType | undefined {
  const bits = (mode ?? 0) & FILE_TYPE;
  if (bits !== 0) return BY_MODE.get(bits) ?? 'other';
  const [, letter] = LONG_NAME.exec(longname) ?? [];
  return letter === undefined ? undefined : (BY_LETTER.get(letter) ?? 'other');
}

/** The type of what is known to be there, by trying to open it as a directory. One round trip. */
export async function triedType(channel: Channel, path: string): Promise<EntryType> {
  try {
    const handle = await channel.opendir(path);
    channel.close(handle).catch(() => undefined);
    return 'directory';
  } catch (error) {
    if (!(error instanceof ServerRefusal)) throw error;
    return meansDenied(error.status) ? 'other' : 'file';
  }
}

/** The type of what has these attributes: one more round trip if they do not tell. */
export async function typeOf(channel: Channel, path: string, attributes: Attributes): Promise<EntryType> {
  return toldType(attributes) ?? (await triedType(channel, path));
}
