import { createHash, getHashes, randomBytes } from 'node:crypto';
import type { Authorization, ToAuthorize } from './authorization.js';
import { parseChallenges, type Challenge } from './challenges.js';

/** By the name in the challenge: the name in Node. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['sha-512-256', 'sha512-256'],
  ['sha-256', 'sha256'],
  ['md5', 'md5'],
]);

/** A challenge that can be met. */
interface Accepted {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** As the server wrote it; `undefined` means MD5. */
  readonly algorithm: string | undefined;
  readonly hash: string;
  readonly isSession: boolean;
  /** `undefined`: the form of RFC 2069. */
  readonly qop: 'auth' | undefined;
  readonly cnonce: string;
  /** How many requests went out with this nonce. Each is told apart by it, also those that go side by side. */
  count: number;
}

/**
 * Digest authentication (RFC 7616): the password does not cross the wire. In place of the client's own, which knows
 * neither several challenges nor any hash but MD5, and gives requests that go side by side the same number.
 */
export class Digest implements Authorization {
  readonly #username: string;
  readonly #password: string;
  #current: Accepted | undefined;

  constructor(username: string, password: string) {
    this.#username = username;
    this.#password = password;
  }

  header(request: ToAuthorize): string | undefined {
    return this.#current && this.#answer(this.#current, request);
  }

  renewed(challenges: string, renewals: number, request: ToAuthorize): string | undefined {
    const offered = parseChallenges(challenges).filter(({ scheme }) => scheme === 'digest');
    const accepted = offered.map(acceptedOf).filter((one) => one !== undefined);
    const before = accepted.find(({ hash }) => hash === this.#current?.hash);
    // A nonce that has grown old says nothing against the password; one that came a moment ago does. But some offer a
    // hash that they cannot do: then the next one that they offer.
    const isStale = offered.some(({ parameters }) => /^true$/i.test(parameters.get('stale') ?? ''));
    const next = before !== undefined && (isStale || renewals === 0) ? before : accepted[renewals];
    if (next === undefined) return undefined;
    this.#current = next;
    return this.#answer(next, request);
  }

  #answer(challenge: Accepted, { method, target }: ToAuthorize): string {
    const { realm, nonce, opaque, algorithm, hash, isSession, qop, cnonce } = challenge;
    const digest = (text: string): string => createHash(hash).update(text, 'utf8').digest('hex');
    const count = (++challenge.count).toString(16).padStart(8, '0');
    const user = digest(`${this.#username}:${realm}:${this.#password}`);
    const secret = isSession ? digest(`${user}:${nonce}:${cnonce}`) : user;
    const what = digest(`${method}:${target}`);
    const middle = qop === undefined ? nonce : [nonce, count, cnonce, qop].join(':');
    const parts = [
      `username=${quoted(this.#username)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri=${quoted(target)}`,
      `response="${digest(`${secret}:${middle}:${what}`)}"`,
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
      ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${count}`]),
      ...(qop === undefined && !isSession ? [] : [`cnonce="${cnonce}"`]),
    ];
    // Headers are bytes; Node takes them as Latin-1.
    return Buffer.from(`Digest ${parts.join(', ')}`, 'utf8').toString('latin1');
  }
}

function acceptedOf({ parameters }: Challenge): Accepted | undefined {
  const algorithm = parameters.get('algorithm');
  const hash = HASHES.get((algorithm ?? 'md5').toLowerCase().replace(/-sess$/, ''));
  const nonce = parameters.get('nonce');
  const qops = parameters
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/);
  if (hash === undefined || !available.has(hash) || nonce === undefined) return undefined;
  // `auth-int` alone would sign the body too; nobody is known to ask for it.
  if (qops !== undefined && !qops.includes('auth')) return undefined;
  return {
    realm: parameters.get('realm') ?? '',
    nonce,
    opaque: parameters.get('opaque'),
    algorithm,
    hash,
    isSession: /-sess$/i.test(algorithm ?? ''),
    qop: qops === undefined ? undefined : 'auth',
    cnonce: randomBytes(16).toString('hex'),
    count: 0,
  };
}

/** Some builds of Node have no MD5. */
const available: ReadonlySet<string> = new Set(getHashes());

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
