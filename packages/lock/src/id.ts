/** What a directory is that of. */
export type LedgerKind = 'lock' | 'semaphore' | 'election';

/** What the directory of each begins with. */
const PREFIXES: Record<LedgerKind, string> = {
  lock: 'lockfile-',
  semaphore: 'semaphore-',
  election: 'election-',
};
const KINDS = Object.keys(PREFIXES) as LedgerKind[];

/**
 * Longest id in a directory name, in bytes: with what is in front of it, all storages take it and have room for what a
 * server adds. The same for all kinds.
 */
const LONGEST = 231;

/**
 * The directory name of the lock `id`, or of the semaphore or election of that name.
 *
 * Lower-case letters, digits, `_`, `-` and inner dots stand for themselves; every other byte of the UTF-8 form is
 * written `~XX`. So any id is a name on any storage, and two ids never share a directory, not even where names are
 * compared without regard to case (SMB) or Unicode form.
 *
 * @returns `undefined` if the id is empty or its name too long
 */
export function directoryName(id: string, kind: LedgerKind = 'lock'): string | undefined {
  if (id === '' || /\p{Cs}/u.test(id)) return undefined;
  let name = PREFIXES[kind];
  for (const byte of new TextEncoder().encode(id)) {
    const character = String.fromCharCode(byte);
    name += /[a-z0-9_.-]/.test(character) ? character : escaped(byte);
  }
  // A dot at the end is dropped by Windows and some SMB servers.
  if (name.endsWith('.')) name = name.slice(0, -1) + escaped(0x2e);
  return name.length <= PREFIXES[kind].length + LONGEST ? name : undefined;
}

/** The id whose directory has this name; `undefined` if it is not the directory of a lock. */
export function lockId(name: string): string | undefined {
  const ledger = ledgerOf(name);
  return ledger?.kind === 'lock' ? ledger.id : undefined;
}

/** What the directory of this name is that of; `undefined` if it is none of ours. */
export function ledgerOf(name: string): { readonly kind: LedgerKind; readonly id: string } | undefined {
  const kind = KINDS.find((each) => name.startsWith(PREFIXES[each]));
  if (kind === undefined || !/^[a-z0-9_.~A-F-]+$/.test(name)) return undefined;
  const bytes: number[] = [];
  for (const [unit] of name.slice(PREFIXES[kind].length).matchAll(/~[0-9A-F]{2}|[^]/g)) {
    bytes.push(unit.length === 3 ? Number.parseInt(unit.slice(1), 16) : unit.charCodeAt(0));
  }
  const id = new TextDecoder().decode(new Uint8Array(bytes));
  return directoryName(id, kind) === name ? { kind, id } : undefined;
}

function escaped(byte: number): string {
  return `~${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
