import { systemClock, VFSError } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { parseOptions, type WebDAVVFSOptions } from '../src/options.js';

const SECRET = 'hunter2-tellnobody';

function refusal(options: unknown): VFSError {
  try {
    parseOptions(options as WebDAVVFSOptions);
  } catch (error) {
    if (error instanceof VFSError) return error;
    throw error;
  }
  throw new Error('the options were accepted');
}

describe('options', () => {
  it('have defaults', () => {
    expect(parseOptions({ url: 'https://dav.example/a b' })).toEqual({
      base: new URL('https://dav.example/a%20b/'),
      auth: undefined,
      tls: undefined,
      create: false,
      deadlineMs: 10_000,
      retries: 2,
      maxConnections: 8,
      maxListingBytes: 256 * 2 ** 20,
      maxFileBytes: 64 * 2 ** 20,
      clock: systemClock,
    });
  });

  it.each([['https://ada:pw@dav.example/x'], ['https://ada@dav.example/x'], ['https://:pw@dav.example/x']])(
    'refuse credentials in the URL, and name the variable: %s',
    (url) => {
      const { code, detail, advice } = refusal({ url });
      expect([code, detail]).toEqual(['EINVAL', 'url: holds a user or a password']);
      expect(advice).toContain('HOLDFAST_WEBDAV_PASSWORD');
    },
  );

  it.each([
    ['http://localhost:8080/dav'],
    ['http://127.0.0.1/dav'],
    ['http://127.1.2.3/dav'],
    ['http://[::1]:8080/dav'],
    ['http://a.localhost/dav'],
  ])('take plain http to this machine: %s', (url) => {
    expect(parseOptions({ url }).base.protocol).toBe('http:');
  });

  it.each([
    ['http://dav.example/'],
    ['http://10.0.0.1/'],
    ['http://localhost.example/'],
    ['http://127.0.0.1.example/'],
    ['http://0.0.0.0/'],
    ['http://[::2]/'],
  ])('refuse plain http to another machine, unless told otherwise: %s', (url) => {
    expect(refusal({ url }).code).toBe('EINVAL');
    expect(parseOptions({ url, allowInsecureHttp: true }).base.href).toBe(url);
  });

  it.each<[string, unknown]>([
    ['no options at all', undefined],
    ['no url', {}],
    ['a url that is none', { url: 'dav.example' }],
    ['another scheme', { url: 'ftp://dav.example/' }],
    ['a query', { url: 'https://dav.example/?token=1' }],
    ['a fragment', { url: 'https://dav.example/#a' }],
    ['an option that it does not know', { url: 'https://dav.example/', timeout: 1 }],
    ['a deadline of nothing', { url: 'https://dav.example/', deadlineMs: 0 }],
    ['half a retry', { url: 'https://dav.example/', retries: 0.5 }],
    ['no connections', { url: 'https://dav.example/', maxConnections: 0 }],
    ['certificates for plain http', { url: 'http://localhost/', tls: { ca: 'x' } }],
    ['another kind of credentials', { url: 'https://dav.example/', auth: { type: 'ntlm' } }],
    [
      'a user with a colon',
      { url: 'https://dav.example/', auth: { type: 'basic', username: 'a:b', password: '' } },
    ],
    [
      'a password with a line end',
      { url: 'https://dav.example/', auth: { type: 'basic', username: 'a', password: 'b\r\nX: y' } },
    ],
    [
      'a token with a line end',
      { url: 'https://dav.example/', auth: { type: 'bearer', token: 'b\r\nX: y' } },
    ],
    ['a clock that is none', { url: 'https://dav.example/', clock: { wall: () => 0 } }],
  ])('refuse %s', (_, options) => {
    expect(refusal(options)).toMatchObject({ code: 'EINVAL', op: 'open', adapter: 'webdav' });
  });

  it('tell of those there are, where one is not known', () => {
    const { detail, advice } = refusal({ url: 'https://dav.example/', timeout: 1 });
    expect(detail).toBe('Unrecognized key: "timeout"');
    expect(advice).toMatch(/^The options are url, auth, tls, .*; see WebDAVVFSOptions$/);
  });

  it.each<[string, unknown]>([
    ['a url with a bad port', { url: `https://ada:${SECRET}@dav.example:port/` }],
    ['a url of another scheme', { url: `ftp://ada:${SECRET}@dav.example/` }],
    ['a url with a bad escape', { url: `https://ada:${SECRET}%zz@dav.example/` }],
    ['a url with a query', { url: `https://ada:${SECRET}@dav.example/?x` }],
    ['plain http', { url: `http://ada:${SECRET}@dav.example/` }],
    ['credentials that are no object', { url: 'https://dav.example/', auth: SECRET }],
    [
      'a bad password',
      { url: 'https://a.example/', auth: { type: 'basic', username: 'a', password: `${SECRET}\n` } },
    ],
    ['a bad token', { url: 'https://dav.example/', auth: { type: 'bearer', token: `${SECRET} ` } }],
    ['a bad key', { url: 'https://dav.example/', tls: { key: [SECRET] } }],
  ])('never show a secret when they refuse %s', (_, options) => {
    const { message, detail, advice, stack, cause } = refusal(options);
    expect([message, detail, advice, stack, JSON.stringify(cause)].join()).not.toContain(SECRET);
  });
});
