import { directoryName } from '../id.js';

/** Names of locks never begin so, which leaves room for those that are no ids. */
const ESCAPE = '-utf16-';

/**
 * The id of the lock that is called `name`: the name itself, so that a `Lock` of that id is the same lock; or its UTF-16 units
 * in hexadecimal digits, if it is empty or no well-formed text. `undefined` if it is too long for a storage.
 */
export function idOfName(name: string): string | undefined {
  const id = name === '' || /\p{Cs}/u.test(name) ? ESCAPE + unitsOf(name) : name;
  return directoryName(id) === undefined ? undefined : id;
}

/** The name that has this id; `undefined` if none has. */
export function nameOfId(id: string): string | undefined {
  if (!id.startsWith('-')) return id;
  if (!/^-utf16-(?:[0-9a-f]{4})*$/.test(id)) return undefined;
  const units = id.slice(ESCAPE.length).match(/.{4}/g) ?? [];
  const name = String.fromCharCode(...units.map((unit) => Number.parseInt(unit, 16)));
  return idOfName(name) === id ? name : undefined;
}

function unitsOf(name: string): string {
  let units = '';
  for (let at = 0; at < name.length; at++) units += name.charCodeAt(at).toString(16).padStart(4, '0');
  return units;
}
