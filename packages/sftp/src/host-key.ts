import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Breakdown } from './fault.js';
import {
  judge,
  keyTypeOf,
  keyTypesOf,
  namesOf,
  parseKnownHosts,
  type Host,
  type KnownHost,
} from './known-hosts.js';
import type { HostKeyPolicy } from './options.js';

/** What a handshake needs to tell the host from an impostor. */
export interface HostKeyCheck {
  /** Types of host keys in the order of preference; `undefined` for ssh2's own. */
  readonly algorithms: readonly string[] | undefined;
  /** Why the key is not accepted; `undefined` if it is. */
  readonly objection: (key: Uint8Array) => Breakdown | undefined;
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

/** How the key of a type may sign. An RSA key has one type and several ways. */
const WAYS: ReadonlyMap<string, readonly string[]> = new Map([['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']]]);

/** As `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Reads what there is to read, afresh for each connection, so that a corrected file is seen. */
export async function hostKeyCheck(policy: HostKeyPolicy, at: Host): Promise<HostKeyCheck> {
  switch (policy.kind) {
    case 'any':
      return { algorithms: undefined, objection: () => undefined };
    case 'pinned':
      return { algorithms: undefined, objection: (key) => pinnedObjection(policy.fingerprints, at, key) };
    case 'known-hosts': {
      const path = policy.path ?? join(homedir(), '.ssh', 'known_hosts');
      const known = parseKnownHosts(await read(path, policy.must));
      return {
        algorithms: preferring(keyTypesOf(known, at)),
        objection: (key) => fileObjection(known, path, at, key),
      };
    }
  }
}

function preferring(types: readonly string[]): readonly string[] {
  const first = types.flatMap((type) => WAYS.get(type) ?? [type]).filter((way) => ALGORITHMS.includes(way));
  return [...new Set([...first, ...ALGORITHMS])];
}

function pinnedObjection(fingerprints: readonly string[], at: Host, key: Uint8Array): Breakdown | undefined {
  const shown = fingerprintOf(key);
  if (fingerprints.includes(shown)) return undefined;
  return refusal(
    `${describe(at)} showed the ${keyTypeOf(key)} key ${shown}, which is not the pinned one`,
    `If that is really the key of the host, set hostKeyFingerprint to '${shown}'; else somebody stands in between`,
  );
}

function fileObjection(
  known: readonly KnownHost[],
  path: string,
  at: Host,
  key: Uint8Array,
): Breakdown | undefined {
  const verdict = judge(known, at, key);
  const shown = `${describe(at)} showed the ${keyTypeOf(key)} key ${fingerprintOf(key)}`;
  const howToPin = `hostKeyFingerprint: '${fingerprintOf(key)}'`;
  switch (verdict.kind) {
    case 'known':
      return undefined;
    case 'changed':
      return refusal(
        `${shown}, but line ${verdict.lines.join(', ')} of ${path} has another: it changed, or somebody stands in between`,
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

function refusal(detail: string, advice: string): Breakdown {
  return new Breakdown({ code: 'EAUTH', sent: false, detail, advice, final: true });
}

function describe({ host, port }: Host): string {
  return port === 22 ? host : `${host}:${port}`;
}

async function read(path: string, must: boolean): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT' && !must) return '';
    throw new Breakdown({
      code: 'EINVAL',
      sent: false,
      detail: `${path} cannot be read (${code})`,
      advice: 'Correct knownHostsPath, or pin the key with hostKeyFingerprint',
      final: true,
    });
  }
}
