import { describe, expect, test } from 'vitest';
import { fingerprintOf, HostKeys } from './host-key.js';

const AT = { host: 'files.example.org', port: 22 };

/** A key as a host sends it: its type first. */
function key(type: string, more = 'x'): Uint8Array {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.from(more)]);
}

const ED25519 = key('ssh-ed25519');
const RSA = key('ssh-rsa');

describe('a pinned host key', () => {
  test('may be of a type that the host does not show first: the others are asked for', async () => {
    const keys = new HostKeys({ kind: 'pinned', fingerprints: [fingerprintOf(RSA)] }, AT);
    const check = await keys.check();
    expect(check.algorithms?.[0]).toBe('ssh-ed25519');
    expect(check.objection(ED25519)?.failure.code).toBe('EAUTH');
    expect(check.askForAnother(ED25519)).toBe(true);
    expect(check.algorithms).not.toContain('ssh-ed25519');
    expect(check.objection(RSA)).toBeUndefined();
    expect((await keys.check()).algorithms?.slice(0, 2)).toEqual(['rsa-sha2-512', 'rsa-sha2-256']);
  });

  test('is not asked for again once the host has shown all that it may have', async () => {
    const keys = new HostKeys(
      { kind: 'pinned', fingerprints: [fingerprintOf(key('ssh-rsa', 'another'))] },
      AT,
    );
    const check = await keys.check();
    const types = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'];
    for (const type of types) {
      expect(check.objection(key(type))).toBeDefined();
      expect(check.askForAnother(key(type))).toBe(true);
    }
    expect(check.objection(RSA)).toBeDefined();
    expect(check.askForAnother(RSA)).toBe(false);
    expect(check.firstObjection?.message).toContain(fingerprintOf(key('ssh-ed25519')));
  });

  test('is not asked for for ever where the host shows what it was not asked for', async () => {
    const check = await new HostKeys({ kind: 'pinned', fingerprints: [fingerprintOf(RSA)] }, AT).check();
    expect(check.askForAnother(ED25519)).toBe(true);
    expect(check.askForAnother(ED25519)).toBe(false);
  });
});

describe('a host key', () => {
  test('that is not on file is not asked for in another type: those on file were asked for first', async () => {
    const check = await new HostKeys({ kind: 'known-hosts', path: '/dev/null', must: true }, AT).check();
    expect(check.objection(ED25519)?.failure).toMatchObject({ code: 'EAUTH', retryable: false });
    expect(check.askForAnother(ED25519)).toBe(false);
  });

  test('names a type of its own that no terminal sees as it is', async () => {
    const check = await new HostKeys({ kind: 'pinned', fingerprints: [] }, AT).check();
    expect(check.objection(key('\u{1b}[2J'))?.message).not.toContain('\u{1b}');
  });
});
