import { VFSError } from '@holdfast/vfs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { webdavVFSFromURL } from '../src/url.js';

const SECRET = 'hunter2-tellnobody';
const WITH_PASSWORD = { HOLDFAST_WEBDAV_PASSWORD: SECRET };

function refusal(...args: Parameters<typeof webdavVFSFromURL>): VFSError {
  try {
    webdavVFSFromURL(...args);
  } catch (error) {
    if (error instanceof VFSError) return error;
    throw error;
  }
  throw new Error('the URL was accepted');
}

describe('a webdav URL', () => {
  it.each([
    ['webdavs://dav.example/locks'],
    ['WEBDAVS://ada@dav.example:8443/locks'],
    ['webdav://localhost:8080/locks'],
    ['webdav://[::1]:8080/locks'],
    ['webdavs://ada@dav.example/?auth=digest&deadlineMs=3000&retries=0&create=true'],
    ['webdavs://dav.example/?auth=bearer'],
    ['webdav://dav.example/?allowInsecureHttp=true'],
  ])('opens: %s', (url) => {
    expect(webdavVFSFromURL(url, {}, WITH_PASSWORD).adapter).toBe('webdav');
    expect(webdavVFSFromURL(new URL(url), {}, WITH_PASSWORD).adapter).toBe('webdav');
  });

  it.each([
    ['https://dav.example/'],
    ['webdav:locks'],
    ['webdav://dav.example/locks'],
    ['webdavs://dav.example:port/'],
    ['webdavs://dav.example/?timeout=1'],
    ['webdavs://dav.example/?constructor=1'],
    ['webdavs://dav.example/?deadlineMs=soon'],
    ['webdavs://dav.example/?retries=1&retries=2'],
    ['webdavs://dav.example/?auth=digest'],
    ['webdavs://ada@dav.example/?auth=ntlm'],
    ['webdavs://dav.example/#locks'],
    ['webdavs://dav.example/a%00b'],
  ])('is refused with EINVAL: %s', (url) => {
    expect(refusal(url, {}, WITH_PASSWORD)).toMatchObject({ code: 'EINVAL', op: 'open' });
  });

  it.each([
    [`webdavs://ada:${SECRET}@dav.example/`],
    [`webdavs://:${SECRET}@dav.example/?auth=bearer`],
    [`webdavs://dav.example/?password=${SECRET}`],
    [`webdavs://dav.example/?token=${SECRET}`],
  ])('with a secret in it is refused, and told which variable to use: %s', (url) => {
    const error = refusal(url);
    expect(error.code).toBe('EINVAL');
    expect(error.advice).toContain('HOLDFAST_WEBDAV_PASSWORD');
    expect(inspect(error, { depth: Infinity })).not.toContain(SECRET);
  });

  it.each([['webdavs://ada@dav.example/'], ['webdavs://dav.example/?auth=bearer']])(
    'without the secret that it needs is refused, and told which variable to set: %s',
    (url) => {
      for (const environment of [{}, { HOLDFAST_WEBDAV_PASSWORD: '' }]) {
        const { code, advice } = refusal(url, {}, environment);
        expect(code).toBe('EINVAL');
        expect(advice).toContain('HOLDFAST_WEBDAV_PASSWORD');
      }
    },
  );

  it('goes behind the options', () => {
    const url = 'webdav://dav.example/?allowInsecureHttp=true';
    expect(refusal(url, { allowInsecureHttp: false }).code).toBe('EINVAL');
    const auth = { type: 'basic', username: 'ada', password: 'pw' } as const;
    expect(webdavVFSFromURL('webdavs://eve@dav.example/', { auth }, {}).adapter).toBe('webdav');
  });

  it('shows its password neither in a refusal nor in the VFS', () => {
    for (const rest of ['dav.example:port/', 'dav.example/?x=1', 'dav.example/#x', 'dav.example/?auth=x']) {
      const error = refusal(`webdavs://ada:${SECRET}@${rest}`, {}, WITH_PASSWORD);
      expect(inspect(error, { depth: Infinity })).not.toContain(SECRET);
    }
    const vfs = webdavVFSFromURL('webdavs://ada@dav.example/', {}, WITH_PASSWORD);
    expect(inspect(vfs, { depth: Infinity, showHidden: true })).not.toContain(SECRET);
  });
});
