/** One way of authentication that a server offers (RFC 9110, section 11.3). */
export interface Challenge {
  /** In lower case: `basic`, `digest`, `bearer`, … */
  readonly scheme: string;
  /** By names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A word, and what stands behind its `=` if there is one: in quotes or without. */
const PART = /[\s,]*([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\[^])*)"|([^\s,"]*)))?/y;

/** Reads a `WWW-Authenticate` header, in which any number of challenges and of their parameters stand between commas. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  PART.lastIndex = 0;
  for (let part = PART.exec(header); part !== null; part = PART.exec(header)) {
    const [, word = '', quoted, bare] = part;
    const value = quoted?.replaceAll(/\\([^])/g, '$1') ?? bare;
    if (value === undefined) challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(word.toLowerCase(), value);
  }
  return challenges;
}
