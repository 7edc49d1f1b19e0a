import type { Entry } from '@holdfast/vfs';
import { digest, digestNumber, NOTHING, together, type Digest } from './digest.js';
import type { ListingOrder } from './scenario.js';

/** One entry as a listing shows it, with the digest of all that can be seen of it. */
export interface ListedEntry {
  readonly entry: Entry;
  readonly digest: Digest;
}

/** The part of a directory that was read first. */
export interface FirstPart {
  readonly entries: readonly ListedEntry[];
  /** Whether a name belongs to it: then the second part does not show it, whenever it came. */
  readonly covers: (name: string) => boolean;
  readonly digest: Digest;
}

/** Reads the first part of a directory that holds `all` at this moment. */
export function firstPartOf(order: Exclude<ListingOrder, 'whole'>, all: readonly ListedEntry[]): FirstPart {
  const names = all.map(({ entry }) => entry.name).sort();
  const middle = names[Math.floor(names.length / 2)] ?? '';
  const covers = (name: string): boolean => {
    switch (order) {
      case 'forwards':
        return name < middle;
      case 'backwards':
        return name >= middle;
      case 'scattered':
        return digest(NOTHING, name) % 2 === 0;
    }
  };
  const entries = all.filter(({ entry }) => covers(entry.name));
  const content = entries.reduce((sum, one) => together(sum, one.digest), 3);
  return { entries, covers, digest: digestNumber(digest(NOTHING, middle), content) };
}

/** What the whole reading of a directory shows: its first part as it was, and the rest as it is now. */
export function wholeOf(first: FirstPart | undefined, now: readonly ListedEntry[]): readonly ListedEntry[] {
  if (first === undefined) return now;
  return [...first.entries, ...now.filter(({ entry }) => !first.covers(entry.name))];
}
