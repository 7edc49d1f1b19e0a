import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { judge, keyTypesOf, parseKnownHosts, type Host, type Verdict } from './known-hosts.js';

/** A key as a host sends it: its type, then whatever belongs to the type. */
function keyOf(type: string, content: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.from(content)]);
}

const OURS = keyOf('ssh-ed25519', 'the key of the host');
const OTHER = keyOf('ssh-ed25519', 'the key of another');
const RSA = keyOf('ssh-rsa', 'an older key of the host');
const line = (hosts: string, key: Buffer, marker = ''): string =>
  `${marker}${hosts} ${key.toString('latin1', 4, 4 + key.readUInt32BE(0))} ${key.toString('base64')} a comment`;
const hash = (name: string): string => {
  const salt = Buffer.from('0123456789abcdefghij');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};

const AT: Host = { host: 'files.example.org', port: 22 };
const ELSEWHERE: Host = { host: 'files.example.org', port: 2222 };

function kindOf(lines: readonly string[], at: Host = AT, key: Buffer = OURS): Verdict['kind'] {
  return judge(parseKnownHosts(lines.join('\n')), at, key).kind;
}

describe('a known_hosts file', () => {
  test.each<[string, string[], Host, Verdict['kind']]>([
    ['the name', [line('files.example.org', OURS)], AT, 'known'],
    ['the name among others', [line('a,files.example.org,10.0.0.1', OURS)], AT, 'known'],
    ['the name in other letters', [line('Files.Example.ORG', OURS)], AT, 'known'],
    ['a star', [line('*.example.org', OURS)], AT, 'known'],
    ['stars that could take for ever', [line(`${'*a'.repeat(50)}b`, OURS)], AT, 'unknown'],
    ['question marks', [line('file?.example.???', OURS)], AT, 'known'],
    ['a star that another pattern takes back', [line('*.example.org,!files.*', OURS)], AT, 'unknown'],
    ['only a negation', [line('!other', OURS)], AT, 'unknown'],
    ['another name', [line('example.org', OURS)], AT, 'unknown'],
    ['a hashed name', [line(hash('files.example.org'), OURS)], AT, 'known'],
    ['another hashed name', [line(hash('example.org'), OURS)], AT, 'unknown'],
    [
      'a hash of an unknown kind',
      [line(hash('files.example.org').replace('|1|', '|2|'), OURS)],
      AT,
      'unknown',
    ],
    ['the port', [line('[files.example.org]:2222', OURS)], ELSEWHERE, 'known'],
    ['the port, hashed', [line(hash('[files.example.org]:2222'), OURS)], ELSEWHERE, 'known'],
    ['another port', [line('[files.example.org]:22222', OURS)], ELSEWHERE, 'unknown'],
    ['the name without the port', [line('files.example.org', OURS)], ELSEWHERE, 'known'],
    ['another key without the port', [line('files.example.org', OTHER)], ELSEWHERE, 'unknown'],
    ['the port, for port 22', [line('[files.example.org]:22', OURS)], AT, 'unknown'],
    ['another key of that type', [line('files.example.org', OTHER)], AT, 'changed'],
    ['another key, then the right one', [line('*', OTHER), line('files.example.org', OURS)], AT, 'known'],
    ['a key of another type', [line('files.example.org', RSA)], AT, 'unknown'],
    ['the key as revoked', [line('*', OURS, '@revoked '), line('files.example.org', OURS)], AT, 'revoked'],
    ['another key as revoked', [line('*', OTHER, '@revoked '), line('files.example.org', OURS)], AT, 'known'],
    [
      'the key as revoked on its other port',
      [line('files.example.org', OURS, '@revoked ')],
      ELSEWHERE,
      'revoked',
    ],
    ['an authority', [line('*.example.org', OURS, '@cert-authority ')], AT, 'authority'],
    ['an authority of others', [line('*.example.com', OURS, '@cert-authority ')], AT, 'unknown'],
    ['an authority, and the key', [line('*', OTHER, '@cert-authority '), line('files.*', OURS)], AT, 'known'],
    ['a marker of tomorrow', [line('files.example.org', OURS, '@trusted ')], AT, 'unknown'],
    ['the line as a comment', [`# ${line('files.example.org', OURS)}`], AT, 'unknown'],
    ['half a line', ['files.example.org ssh-ed25519'], AT, 'unknown'],
    ['nothing', [], AT, 'unknown'],
  ])('that has %s', (_, lines, at, expected) => {
    expect(kindOf(lines, at)).toBe(expected);
  });

  test('may have tabs, spaces at the edges, and line ends of Windows', () => {
    const text = `\r\n  ${line('files.example.org', OURS).replaceAll(' ', '\t')}  \r\n`;
    expect(judge(parseKnownHosts(text), AT, OURS).kind).toBe('known');
  });

  test('says in which line the other key stands', () => {
    const known = parseKnownHosts(['', line('a', OURS), line('files.example.org', OTHER)].join('\n'));
    expect(judge(known, AT, OURS)).toEqual({ kind: 'changed', lines: [3] });
  });

  test('tells the types of keys that it has for a host', () => {
    const known = parseKnownHosts(
      [line('files.example.org', RSA), line('*', OTHER), line('*', OURS, '@revoked ')].join('\n'),
    );
    expect(keyTypesOf(known, AT)).toEqual(['ssh-rsa', 'ssh-ed25519']);
    expect(judge(known, AT, keyOf('ecdsa-sha2-nistp256', 'x'))).toEqual({
      kind: 'unknown',
      types: ['ssh-rsa', 'ssh-ed25519'],
    });
  });

  test('does not choke on a key that is no key', () => {
    expect(kindOf([line('files.example.org', OURS)], AT, Buffer.from([1, 2]))).toBe('unknown');
  });
});
