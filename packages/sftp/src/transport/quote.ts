import { printable } from '@holdfast/vfs';
import type { Credentials } from '../options.js';

/** Longest text of a server that is quoted, in characters. */
const LONGEST_QUOTE = 200;
/** A secret shorter than this occurs in any text by chance. */
const SHORTEST_SECRET = 3;

/**
 * Makes a text that came from the server fit to be shown: without the secrets that it may send back, without what could
 * drive a terminal, and not too long.
 */
export type Quote = (text: string) => string;

export function quoting({ password, passphrase }: Pick<Credentials, 'password' | 'passphrase'>): Quote {
  const secrets = [password, passphrase].filter(
    (secret): secret is string => secret !== undefined && secret.length >= SHORTEST_SECRET,
  );
  return (text) => {
    let clean = text;
    for (const secret of secrets) clean = clean.replaceAll(secret, '***');
    const start = clean.length > LONGEST_QUOTE ? `${clean.slice(0, LONGEST_QUOTE)}…` : clean;
    return printable(start);
  };
}
