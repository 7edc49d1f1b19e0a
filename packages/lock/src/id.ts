/** What the directory of every lock begins with. */
const PREFIX = 'lockfile-';

/** Longest directory name, in bytes, that all storages take with room for what a server adds. */
const LONGEST = 240;

/**
 * The directory name of the lock `id`.
 *
 * Lower-case letters, digits, `_`, `-` and inner dots stand for themselves; every other byte of the UTF-8 form is
 * written `~XX`. So any id is a name on any storage, and two ids never share a directory, not even where names are
 * compared without regard to case (SMB) or Unicode form.
 *
 * @returns `undefined` if the id is empty or its name too long
 */
export function directoryName(id: string): string | undefined {
  if (id === '' || /\p{Cs}/u.test(id)) return undefined;
  let name = PREFIX;
  for (const byte of new TextEncoder().encode(id)) {
    const character = String.fromCharCode(byte);
    name += /[a-z0-9_.-]/.test(character) ? character : escaped(byte);
  }
  // A dot at the end is dropped by Windows and some SMB servers.
  if (name.endsWith('.')) name = name.slice(0, -1) + escaped(0x2e);
  return name.length <= LONGEST ? name : undefined;
}

/** The id whose directory has this name; `undefined` if it is not the directory of a lock. */
export function lockId(name: string): string | undefined {
  if (!name.startsWith(PREFIX) || !/^[a-z0-9_.~A-F-]+$/.test(name)) return undefined;
  const bytes: number[] = [];
  for (const [unit] of name.slice(PREFIX.length).matchAll(/~[0-9A-F]{2}|[^]/g)) {
    bytes.push(unit.length === 3 ? Number.parseInt(unit.slice(1), 16) : unit.charCodeAt(0));
  }
  const id = new TextDecoder().decode(new Uint8Array(bytes));
  return directoryName(id) === name ? id : undefined;
}

function escaped(byte: number): string {
  return `~${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
