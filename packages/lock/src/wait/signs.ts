import { isVFSError } from '@holdfast/vfs';
import type { Ledger, Numbered, Told } from '../ledger/index.js';

/**
 * What shows of a claim that its owner lives, as a text that changes with each sign of life; `undefined` if the storage does
 * not tell, which is never taken for "unchanged".
 */
export function signsOf(
  ledger: Ledger,
  numbered: Numbered,
): string | undefined | Promise<string | undefined> {
  const { claim, shared, permits, handovers, beats, beatNumbers } = numbered;
  const names = `${claim?.type} ${shared} ${permits} ${handovers} ${beatNumbers.join()} ${beats.length}`;
  // Whoever shows life by new names writes but the record into the file. On a mount nobody should have to open that one. But
  // where there are no such names, or another owner has left them, the file is what shows life: that of the server's own disk.
  const byNames = ledger.beatsAsEntries && beatNumbers.length > 0 && handovers === 0;
  if (byNames || beats.length === 0) return names;
  if (ledger.listsVersions) return together(names, beats);
  return asked(ledger, names, beats);
}

function together(names: string, beats: readonly Told[]): string | undefined {
  let all = names;
  for (const { type, size, mtimeMs, etag } of beats) {
    // No holder makes a directory of that name, so it says as little as no beat at all: it does not change.
    if (type !== 'directory' && size === undefined && etag === undefined) return undefined;
    all += ` ${type} ${size} ${mtimeMs} ${etag}`;
  }
  return all;
}

/** Ends the signs of a claim whose beat could not be read. */
const UNREAD = ' unread';

/** For so long, in milliseconds, a client of a mount may go by attributes that are no longer true: Linux's default is 60 s. */
const ATTRIBUTES_MS = 120_000;

/** By how much longer than its window a claim must show no life whose signs may be old. */
export function patienceWith(signs: string | undefined): number {
  return signs?.endsWith(UNREAD) === true ? ATTRIBUTES_MS : 0;
}

/**
 * Where a listing has names alone, each beat is asked for by itself. What cannot be asked for tells nothing. Of one that
 * this user may not read, the attributes tell, late: it would else be in everybody's way for ever.
 */
async function asked(
  ledger: Ledger,
  names: string,
  beats: readonly { readonly name: string }[],
): Promise<string | undefined> {
  const told: Told[] = [];
  let unread = '';
  for (const { name } of beats) {
    try {
      // A client of a mount may answer from its cache what a file is like; what it holds is fresh.
      let info = await (ledger.beatsAsEntries ? readOrRefused(ledger, name) : ledger.stat(name));
      if (info === 'refused') {
        info = await ledger.stat(name);
        unread = UNREAD;
      }
      if (info === undefined) return undefined;
      told.push(info);
    } catch {
      return undefined;
    }
  }
  const all = together(names, told);
  return all === undefined ? undefined : all + unread;
}

async function readOrRefused(ledger: Ledger, name: string): Promise<Told | 'refused' | undefined> {
  try {
    return await ledger.readSigns(name);
  } catch (error) {
    if (isVFSError(error, 'EACCES')) return 'refused';
    throw error;
  }
}
