import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseChallenges } from '../src/transport/challenges.js';
import { Digest } from '../src/transport/digest.js';

const REQUEST = { method: 'MKCOL', target: '/dav/d/' };
const hash = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');

/** The parameters of a header that was sent. */
function fieldsOf(header: string | undefined): Record<string, string> {
  const [challenge] = parseChallenges(Buffer.from(header ?? '', 'latin1').toString('utf8'));
  return Object.fromEntries(challenge?.parameters ?? []);
}

describe('a WWW-Authenticate header', () => {
  it.each<[string, [string, Record<string, string>][]]>([
    ['Basic realm="a"', [['basic', { realm: 'a' }]]],
    ['DIGEST Realm = "a" , nonce=b', [['digest', { realm: 'a', nonce: 'b' }]]],
    [
      'Basic realm="dav", Digest realm="dav", nonce="n,1", qop="auth,auth-int", algorithm=MD5',
      [
        ['basic', { realm: 'dav' }],
        ['digest', { realm: 'dav', nonce: 'n,1', qop: 'auth,auth-int', algorithm: 'MD5' }],
      ],
    ],
    [
      'Negotiate, Basic realm="x"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    [
      'Digest realm="My \\"files\\", nonce=x", nonce="n"',
      [['digest', { realm: 'My "files", nonce=x', nonce: 'n' }]],
    ],
    ['', []],
    ['"', []],
  ])('%s tells its challenges', (header, expected) => {
    const challenges = parseChallenges(header).map(({ scheme, parameters }) => [
      scheme,
      Object.fromEntries(parameters),
    ]);
    expect(challenges).toEqual(expected);
  });
});

describe('digest', () => {
  it('answers as RFC 7616, section 3.9.1, does', () => {
    const challenge = (algorithm: string): string =>
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
    for (const [algorithm, name] of [
      ['MD5', 'md5'],
      ['SHA-256', 'sha256'],
      ['SHA-512-256', 'sha512-256'],
    ] as const) {
      const digest = new Digest('Mufasa', 'Circle of Life');
      const request = { method: 'GET', target: '/dir/index.html' };
      const { response, cnonce, nc, ...rest } = fieldsOf(digest.renewed(challenge(algorithm), 0, request));
      const [user, what] = [
        hash(name, 'Mufasa:http-auth@example.org:Circle of Life'),
        hash(name, 'GET:/dir/index.html'),
      ];
      expect(response).toBe(hash(name, `${user}:${rest['nonce']}:${nc}:${cnonce}:auth:${what}`));
      expect([nc, rest['uri'], rest['qop'], rest['algorithm'], rest['opaque']]).toEqual([
        '00000001',
        '/dir/index.html',
        'auth',
        algorithm,
        'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
      ]);
    }
  });

  it('answers a challenge without qop as RFC 2069 has it, and one for a session with its key', () => {
    const old = fieldsOf(new Digest('u', 'p').renewed('Digest realm="r", nonce="n"', 0, REQUEST));
    const [user, what] = [hash('md5', 'u:r:p'), hash('md5', 'MKCOL:/dav/d/')];
    expect(old).toEqual({
      username: 'u',
      realm: 'r',
      nonce: 'n',
      uri: '/dav/d/',
      response: hash('md5', `${user}:n:${what}`),
    });
    const session = 'Digest realm="r", nonce="n", qop=auth, algorithm=MD5-sess';
    const { response, cnonce } = fieldsOf(new Digest('u', 'p').renewed(session, 0, REQUEST));
    const key = hash('md5', `${user}:n:${cnonce}`);
    expect(response).toBe(hash('md5', `${key}:n:00000001:${cnonce}:auth:${what}`));
  });

  const md5 = 'Digest realm="r", nonce="m", qop="auth", algorithm=MD5';
  const sha = 'Digest realm="r", nonce="s", qop="auth", algorithm=SHA-256';
  it.each([
    [`${md5}, ${sha}`, 'm'],
    [`${sha}, ${md5}`, 's'],
    [`Basic realm="r", ${md5}`, 'm'],
    [`${md5}, Basic realm="r"`, 'm'],
    [`Digest realm="r", nonce="x", algorithm=MD4, ${md5}`, 'm'],
    [`Digest realm="r", nonce="x", qop="auth-int", ${md5}`, 'm'],
  ])('answers the first challenge that it can: %s', (header, nonce) => {
    expect(fieldsOf(new Digest('u', 'p').renewed(header, 0, REQUEST))['nonce']).toBe(nonce);
  });

  it.each([
    ['Basic realm="r"'],
    ['Digest realm="r"'],
    ['Digest realm="r", nonce="n", algorithm=constructor'],
    [''],
  ])('sends nothing where it cannot: %s', (header) => {
    expect(new Digest('u', 'p').renewed(header, 0, REQUEST)).toBeUndefined();
  });

  it('goes on with a nonce, and numbers its requests', () => {
    const digest = new Digest('u', 'p');
    expect(digest.header(REQUEST)).toBeUndefined();
    digest.renewed(md5, 0, REQUEST);
    const sent = [1, 2, 3].map(() => fieldsOf(digest.header(REQUEST)));
    expect(sent.map(({ nc }) => nc)).toEqual(['00000002', '00000003', '00000004']);
    expect(new Set(sent.map(({ response }) => response)).size).toBe(3);
  });

  it('takes a new nonce for an old one, and for a fresh one only if the server calls it stale', () => {
    const digest = new Digest('u', 'p');
    expect(digest.renewed(md5, 0, REQUEST)).toBeDefined();
    expect(digest.renewed(md5, 1, REQUEST)).toBeUndefined();
    expect(digest.renewed(`${md5}, stale=TRUE`, 1, REQUEST)).toBeDefined();
  });

  it('tries the next hash that is offered if the first is refused, and no more than there are', () => {
    const digest = new Digest('u', 'p');
    const nonces = [0, 1, 2].map(
      (renewals) => fieldsOf(digest.renewed(`${sha}, ${md5}`, renewals, REQUEST))['nonce'],
    );
    expect(nonces).toEqual(['s', 'm', undefined]);
    // What was taken last is taken first the next time.
    expect(fieldsOf(digest.renewed(`${sha}, ${md5}`, 0, REQUEST))['nonce']).toBe('m');
  });

  it('sends names beyond ASCII as UTF-8, and quotes what needs it', () => {
    const digest = new Digest('jörg "j"', 'pä"ss');
    expect(fieldsOf(digest.renewed(md5, 0, REQUEST))['username']).toBe('jörg "j"');
  });
});
