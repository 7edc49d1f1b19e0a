import type { VFSError } from '../errors/error.js';
import { optionError } from './options.js';

/** How the text of an option in a URL is read. */
interface Kinds {
  text: string;
  /** Parts between commas. */
  list: readonly string[];
  /** `true` or `false`. */
  flag: boolean;
  /** A decimal number of 0 or more. */
  number: number;
  /** Permission bits as `chmod` takes them, for instance `2770`. */
  octal: number;
}
export type OptionKind = keyof Kinds;

/** What URLs of an adapter look like. */
export interface URLRules<O extends Readonly<Record<string, OptionKind>>> {
  readonly adapter: string;
  /** For instance `sftp:`. */
  readonly schemes: readonly string[];
  /** An example for messages: `sftp://user@host/folder`. */
  readonly form: string;
  /** What may stand behind the `?`. */
  readonly options: O;
  /** Where a secret goes instead, such as a variable of the environment: the advice if a URL holds one. */
  readonly secrets: string;
}

/** A URL taken apart, everything decoded. Parts that it does not have are `''`. */
export interface URLParts<O extends Readonly<Record<string, OptionKind>>> {
  readonly scheme: string;
  readonly user: string;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number | undefined;
  readonly path: string;
  /** The path as it is written, still percent-encoded. */
  readonly encodedPath: string;
  readonly options: { readonly [N in keyof O]?: Kinds[O[N]] };
}

/** Names of options that are secret in every adapter, so that the error can say why they are refused. */
const SECRET = /pass|secret|token|^privateKey$|accessKeyId|credential/i;

/**
 * Takes the URL of an adapter apart. A password in it is refused in every adapter: URLs show in lists of processes, in
 * logs and in histories.
 *
 * @throws `VFSError` `EINVAL` that says what is wrong, and never quotes what may be secret
 */
export function parseURL<const O extends Readonly<Record<string, OptionKind>>>(
  url: string | URL,
  rules: URLRules<O>,
): URLParts<O> {
  const { adapter, form } = rules;
  const bad = (detail: string, advice = `Write ${form}`): VFSError => optionError(adapter, detail, advice);
  // The parser's own error quotes what it was given, and that may hold a password.
  if (!URL.canParse(String(url))) throw bad('the URL cannot be read');
  const parsed = new URL(url);
  if (!rules.schemes.includes(parsed.protocol)) {
    throw bad(`the URL does not begin with ${rules.schemes.join(' or ')}`);
  }
  if (parsed.password !== '') {
    throw bad('the URL holds a password, where lists of processes and logs show it', rules.secrets);
  }
  if (parsed.hash !== '') throw bad('the URL has a "#" in it', 'Write %23 for a "#" in a name');
  const decode = (text: string, part: string): string => {
    let decoded: string;
    try {
      decoded = decodeURIComponent(text);
    } catch {
      throw bad(`the ${part} of the URL has a "%" that is no escape`, 'Write %25 for a "%"');
    }
    if (/\0/.test(decoded)) throw bad(`the ${part} of the URL holds a NUL character`, 'Leave out the %00');
    return decoded;
  };

  const options: Partial<Record<keyof O, unknown>> = {};
  // By hand: URLSearchParams makes a space of "+", which fingerprints have.
  for (const pair of parsed.search.slice(1).split('&')) {
    if (pair === '') continue;
    const [rawName = '', ...rawValue] = pair.split('=');
    const name = decode(rawName, 'query');
    if (!Object.hasOwn(rules.options, name)) {
      if (SECRET.test(name))
        throw bad('the URL holds a secret, where lists of processes and logs show it', rules.secrets);
      const known = Object.keys(rules.options).join(', ') || 'none';
      throw bad('the URL has an option that is not known', `The options of such a URL: ${known}`);
    }
    if (Object.hasOwn(options, name))
      throw bad(`the URL has the option ${name} twice`, 'Leave one of them out');
    const kind = rules.options[name] as OptionKind;
    const value = READERS[kind](decode(rawValue.join('='), name));
    if (value === undefined) throw bad(`${name} in the URL is not ${EXPECTED[kind]}`, 'Correct the option');
    options[name as keyof O] = value;
  }
  return {
    scheme: parsed.protocol,
    user: decode(parsed.username, 'user'),
    host: decode(parsed.hostname.replace(/^\[(.*)\]$/, '$1'), 'host'),
    port: parsed.port === '' ? undefined : Number(parsed.port),
    path: decode(parsed.pathname, 'path'),
    encodedPath: parsed.pathname,
    // Each value was read as its kind says.
    options: options as URLParts<O>['options'],
  };
}

const READERS: { readonly [K in OptionKind]: (text: string) => Kinds[K] | undefined } = {
  text: (text) => text || undefined,
  list: (text) => (text === '' ? undefined : text.split(',')),
  flag: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  number: (text) => (/^\d{1,15}(?:\.\d{1,6})?$/.test(text) ? Number(text) : undefined),
  octal: (text) => (/^(?:0o?)?[0-7]{3,4}$/.test(text) ? parseInt(text.replace(/^0o/, ''), 8) : undefined),
};

const EXPECTED: Readonly<Record<OptionKind, string>> = {
  text: 'a text',
  list: 'a list with commas between its parts',
  flag: 'true or false',
  number: 'a number',
  octal: 'permission bits in octal, such as 0770',
};
