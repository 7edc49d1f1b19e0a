import { isVFSError, type VFS } from '@holdfast/vfs';

const PATH = '/counter';
/** Of one length, so that no mixture of an old and a new content looks like a number. */
const DIGITS = 16;
const CONTENT: RegExp = new RegExp(`^(\\d{${DIGITS}}) (\\d{${DIGITS}})$`);

/**
 * As what the VFS is open that the counter of the lock `id` is changed through. It has a longer deadline than that of the
 * lock: a server may wait for a host that is gone before it lets another write to a file which that had open. NFSv4 does for
 * as long as its lease: 6.6 s were seen in this lab, where that is 10 s.
 */
export const counterOf = (id: string): string => `${id}/counter`;

/** What the counter's file holds: its value, and under which token that was written. */
export interface Count {
  readonly value: number;
  readonly token: number;
}

/** What the counter is changed under. */
export interface Guard {
  readonly token: number;
  /**
   * Whether the lease is held, and for long enough still that a write is done before it ends. Waits for the next
   * heartbeat where that is all that is needed.
   */
  lasts(): Promise<boolean>;
}

/** The counter that a lock guards; 0 before the first change. */
export async function readCount(vfs: VFS): Promise<Count> {
  let text: string;
  try {
    text = new TextDecoder().decode(await vfs.readFile(PATH));
  } catch (error) {
    if (isVFSError(error, 'ENOENT')) return { value: 0, token: 0 };
    throw error;
  }
  const [, value, token] = CONTENT.exec(text) ?? [];
  if (value === undefined || token === undefined) throw new Error(`the counter is ${JSON.stringify(text)}`);
  return { value: Number(value), token: Number(token) };
}

/**
 * Adds 1, in a way that goes wrong unless nobody else does the same meanwhile. If the lease is over by the time it
 * comes to writing, or soon will be, it does not write: `undefined`.
 *
 * No file server checks a token, so a write that is under way while its process is killed, or its host or its server
 * stands still, can happen at any time later, or never, and nobody can say which. Trials of such faults stop their
 * holder's changes before the fault, so that none is under way: then a counter that is not as written down is a fault
 * of the lock for certain.
 *
 * @throws if a higher token has written while this lease is held, by its own judgement: that needs no clock to be wrong
 */
export async function increment(
  vfs: VFS,
  guard: Guard,
  holdMs: number,
): Promise<{ from: number; to: number } | undefined> {
  const last = await readCount(vfs);
  await new Promise((resolve) => setTimeout(resolve, holdMs));
  if (!(await guard.lasts())) return undefined;
  if (last.token > guard.token) {
    throw new Error(`token ${last.token} has changed the counter, and token ${guard.token} is held still`);
  }
  const to = last.value + 1;
  await vfs.writeFile(PATH, `${padded(to)} ${padded(guard.token)}`);
  return { from: last.value, to };
}

function padded(number: number): string {
  return String(number).padStart(DIGITS, '0');
}
