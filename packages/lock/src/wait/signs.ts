import type { Ledger, Numbered } from '../ledger/index.js';

/**
 * What shows of a claim that its owner lives, as a text that changes with each sign of life; `undefined` if the storage does
 * not tell, which is never taken for "unchanged".
 */
export function signsOf(
  ledger: Ledger,
  numbered: Numbered,
): string | undefined | Promise<string | undefined> {
  const { claim, shared, permits, attempts, detached, beats, beatNumbers } = numbered;
  const names = `${claim?.type} ${shared} ${permits} ${attempts} ${detached?.attempt} ${beatNumbers.join()}`;
  if (ledger.beatsAsEntries || beats.length === 0) return `${names} ${beats.length}`;
  if (ledger.listsVersions) return together(names, beats);
  return statted(ledger, names, beats);
}

/** What is told of the content of an entry. */
interface Told {
  readonly type: string;
  readonly size?: number | undefined;
  readonly mtimeMs?: number | undefined;
  readonly etag?: string | undefined;
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

/** Where a listing has names alone, each beat is asked for by itself. What cannot be asked for tells nothing. */
async function statted(
  ledger: Ledger,
  names: string,
  beats: readonly { readonly name: string }[],
): Promise<string | undefined> {
  const told: Told[] = [];
  for (const { name } of beats) {
    try {
      const info = await ledger.stat(name);
      if (info === undefined) return undefined;
      told.push(info);
    } catch {
      return undefined;
    }
  }
  return together(names, told);
}
