import type { Credentials } from './options.js';

/** Longest text of a server that is quoted, in characters. */
const LONGEST_QUOTE = 200;
/** A secret shorter than this occurs in any text by chance. */
const SHORTEST_SECRET = 3;

/** Makes a text that came from outside fit to be shown: a server may send back what it was told. */
export type Quote = (text: string) => string;

export function quoting({ password, passphrase }: Credentials): Quote {
  const secrets = [password, passphrase].filter(
    (secret): secret is string => secret !== undefined && secret.length >= SHORTEST_SECRET,
  );
  return (text) => {
    let clean = text;
    for (const secret of secrets) clean = clean.replaceAll(secret, '***');
    return clean.length > LONGEST_QUOTE ? `${clean.slice(0, LONGEST_QUOTE)}…` : clean;
  };
}
