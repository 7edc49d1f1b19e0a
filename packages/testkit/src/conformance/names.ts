import type { VFSErrorCode } from '@holdfast/vfs';
import { demand } from './verdict.js';

/** A kind of name that a storage may be declared to refuse. */
export type NameKind =
  | 'plain'
  | 'space'
  | 'dot'
  | 'percent'
  | 'url'
  | 'shell'
  | 'windows'
  | 'unicode'
  | 'nfd'
  | 'case'
  | 'javascript'
  | 'long'
  | 'long-utf8';

/**
 * Names that every storage must keep to the letter, in the order in which they are made. A name of the kinds `nfd`
 * and `case` follows one that a storage may take for the same.
 */
export const NAMES: readonly (readonly [kind: NameKind, name: string])[] = [
  ['plain', 'a'],
  ['plain', 'lockfile-deploy'],
  ['plain', '000000000041'],
  ['plain', '000000000041.beat'],
  ['plain', '-rf'],
  ['plain', '_'],
  ['space', 'a b'],
  ['space', ' before'],
  ['space', 'after '],
  ['space', 'non\u{a0}breaking'],
  ['dot', '.hidden'],
  ['dot', '...'],
  ['dot', '..a'],
  ['windows', 'end.'],
  ['percent', '%2e'],
  ['percent', '%2e%2e'],
  ['percent', '%2F'],
  ['percent', '%'],
  ['percent', '100%'],
  ['percent', '%00'],
  ['percent', '%zz'],
  ['url', '#'],
  ['url', 'a#b'],
  ['url', 'a?b=c&d'],
  ['url', 'a+b'],
  ['url', 'a;b'],
  ['url', 'a@b'],
  ['url', 'http:'],
  ['shell', '~'],
  ['shell', '$HOME'],
  ['shell', "it's"],
  ['shell', '[a-z]'],
  ['shell', '{a,b}'],
  ['shell', '(a)!'],
  ['windows', 'a:b'],
  ['windows', '*'],
  ['windows', '<&>'],
  ['windows', '"quoted"'],
  ['windows', 'a|b'],
  ['windows', 'NUL'],
  ['unicode', 'gr\u{fc}n'],
  ['nfd', 'gru\u{308}n'],
  ['unicode', '\u{9396}\u{524d}'],
  ['unicode', '\u{1f512}'],
  ['case', 'A'],
  ['javascript', '__proto__'],
  ['javascript', 'constructor'],
  ['javascript', 'toString'],
  ['long', 'n'.repeat(255)],
  ['long-utf8', '\u{9396}'.repeat(85)],
];

/** By name, or by {@link NameKind} for all names of that kind, the code with which it is refused. */
export type Refusals = Readonly<Record<string, VFSErrorCode>>;

/** The code with which a name is declared to be refused, if it is. */
export function refusalOf(refusals: Refusals, kind: NameKind, name: string): VFSErrorCode | undefined {
  return new Map(Object.entries(refusals)).get(name) ?? refusals[kind];
}

/** An exception for what is not tested would be an error that nobody sees. */
export function demandInTable(namesOrKinds: readonly string[]): void {
  const table = new Set<string>(NAMES.flat());
  for (const given of namesOrKinds) demand(table.has(given), `no name and no kind of names: ${given}`);
}

/** What is not a path, and must be refused before it reaches the storage. */
export const NO_PATHS: readonly string[] = [
  '',
  'a',
  'a/b',
  '.',
  '..',
  './a',
  '../a',
  '//',
  '//a',
  '/a/',
  '/a//b',
  '/.',
  '/..',
  '/./a',
  '/a/.',
  '/a/..',
  '/../a',
  '/a/../../b',
  '/a\u{0}b',
  '/a\u{0}',
  '/a\nb',
  '/a\r',
  '/\t',
  '/\u{1b}[2J',
  '/a\u{7f}',
  '/a\u{85}b',
  '/a\\b',
  '\\a',
  '/..\\a',
  'C:\\a',
  '/a\u{d800}',
  '/\u{dc00}b',
];
