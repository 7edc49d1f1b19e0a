import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { printable } from '@holdfast/vfs';
import type { HostKeyPolicy } from '../options.js';
import {
  judge,
  keyTypeOf,
  keyTypesOf,
  namesOf,
  parseKnownHosts,
  type Host,
  type KnownHost,
} from './known-hosts.js';

/** What a handshake needs to tell the host from an impostor. */
export interface HostKeyCheck {
  /** Algorithms of host keys in the order of preference; `undefined` for ssh2's own. */
  readonly algorithms: readonly string[] | undefined;
  /** The objection to the first key that the host showed, if there was one. */
  readonly firstObjection: FailedAttempt | undefined;
  /** Why the key is not accepted; `undefined` if it is. */
  objection(key: Uint8Array): FailedAttempt | undefined;
  /** Leaves out the type of `key` from now on. Says whether another attempt may bring a key that is accepted. */
  askForAnother(key: Uint8Array): boolean;
}

/** What ssh2 can verify, best first. A host shows one key only, so those that are on file are asked for first. */
const ALGORITHMS: readonly string[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** How the key of a type may sign. An RSA key has one type and several algorithms. */
const ALGORITHMS_OF: ReadonlyMap<string, readonly string[]> = new Map([
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
]);

/** As `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** How the key of one host is checked, over all connections to it. */
export class HostKeys {
  readonly #policy: HostKeyPolicy;
  readonly #at: Host;
  /** The type of the key that was accepted last: asked for first next time. */
  #accepted: string | undefined;

  constructor(policy: HostKeyPolicy, at: Host) {
    this.#policy = policy;
    this.#at = at;
  }

  /** Reads what there is to read, afresh for each connection, so that a corrected file is seen. */
  async check(): Promise<HostKeyCheck> {
    const [policy, at] = [this.#policy, this.#at];
    switch (policy.kind) {
      case 'any':
        return {
          algorithms: undefined,
          firstObjection: undefined,
          objection: () => undefined,
          askForAnother: () => false,
        };
      case 'pinned':
        return new Check({
          types: this.#accepted === undefined ? [] : [this.#accepted],
          anyType: true,
          objection: (key) => {
            const objection = pinnedObjection(policy.fingerprints, at, key);
            if (objection === undefined) this.#accepted = keyTypeOf(key);
            return objection;
          },
        });
      case 'known-hosts': {
        const path = policy.path ?? join(homedir(), '.ssh', 'known_hosts');
        const known = parseKnownHosts(await read(path, policy.must));
        return new Check({
          types: keyTypesOf(known, at),
          anyType: false,
          objection: (key) => fileObjection(known, path, at, key),
        });
      }
    }
  }
}

interface CheckOptions {
  /** Types of keys to ask for first. */
  readonly types: readonly string[];
  /** An accepted key may be of any type: a fingerprint does not tell its own. */
  readonly anyType: boolean;
  readonly objection: (key: Uint8Array) => FailedAttempt | undefined;
}

class Check implements HostKeyCheck {
  readonly #options: CheckOptions;
  #algorithms: readonly string[];
  #first: FailedAttempt | undefined;

  constructor(options: CheckOptions) {
    this.#options = options;
    const first = options.types.flatMap(algorithmsOf).filter((algorithm) => ALGORITHMS.includes(algorithm));
    this.#algorithms = [...new Set([...first, ...ALGORITHMS])];
  }

  get algorithms(): readonly string[] {
    return this.#algorithms;
  }

  get firstObjection(): FailedAttempt | undefined {
    return this.#first;
  }

  objection(key: Uint8Array): FailedAttempt | undefined {
    const objection = this.#options.objection(key);
    this.#first ??= objection;
    return objection;
  }

  askForAnother(key: Uint8Array): boolean {
    const refused = algorithmsOf(keyTypeOf(key));
    const left = this.#algorithms.filter((algorithm) => !refused.includes(algorithm));
    // A host that shows a type that it was not asked for would show it for ever.
    const progress = left.length > 0 && left.length < this.#algorithms.length;
    this.#algorithms = left;
    return this.#options.anyType && progress;
  }
}

function algorithmsOf(type: string): readonly string[] {
  return ALGORITHMS_OF.get(type) ?? [type];
}

function pinnedObjection(
  fingerprints: readonly string[],
  at: Host,
  key: Uint8Array,
): FailedAttempt | undefined {
  const shown = fingerprintOf(key);
  if (fingerprints.includes(shown)) return undefined;
  return refusal(
    `${describe(at)} showed the ${typeNameOf(key)} key ${shown}, which is not the pinned one`,
    `If that is really the key of the host, set hostKeyFingerprint to '${shown}'; else somebody is intercepting the connection`,
  );
}

function fileObjection(
  known: readonly KnownHost[],
  path: string,
  at: Host,
  key: Uint8Array,
): FailedAttempt | undefined {
  const verdict = judge(known, at, key);
  const shown = `${describe(at)} showed the ${typeNameOf(key)} key ${fingerprintOf(key)}`;
  const howToPin = `hostKeyFingerprint: '${fingerprintOf(key)}'`;
  switch (verdict.kind) {
    case 'known':
      return undefined;
    case 'changed':
      return refusal(
        `${shown}, but line ${verdict.lines.join(', ')} of ${path} has another: it changed, or somebody is intercepting the connection`,
        `Ask whoever runs the host; if the new key is right, correct that line or pin it with ${howToPin}`,
      );
    case 'revoked':
      return refusal(
        `${shown}, which line ${verdict.line} of ${path} marks as revoked`,
        'Do not connect; ask whoever runs the host',
      );
    case 'authority':
      return refusal(
        `${shown}; line ${verdict.line} of ${path} names an authority for it, and host certificates are not supported`,
        `Compare the fingerprint with the host's own, then pin it with ${howToPin}`,
      );
    case 'unknown': {
      const others =
        verdict.types.length === 0 ? '' : ` for a key of this type (there is ${verdict.types.join(', ')})`;
      return refusal(
        `${shown}, and ${path} has no line about ${namesOf(at)[0]}${others}`,
        `Compare the fingerprint with the host's own, then pin it with ${howToPin}, or add the host to ${path}`,
      );
    }
  }
}

function refusal(detail: string, advice: string): FailedAttempt {
  return new FailedAttempt(failure('EAUTH', { detail, advice }));
}

/** The key itself states its type, so it may be any text. */
function typeNameOf(key: Uint8Array): string {
  return printable(keyTypeOf(key));
}

function describe({ host, port }: Host): string {
  return `${host}:${port}`;
}

async function read(path: string, must: boolean): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT' && !must) return '';
    throw new FailedAttempt(
      failure('EINVAL', {
        detail: `${path} cannot be read (${code})`,
        advice: 'Correct knownHostsPath, or pin the key with hostKeyFingerprint',
      }),
    );
  }
}
