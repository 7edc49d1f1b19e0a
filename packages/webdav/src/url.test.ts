import { VFSError } from '@holdfast/vfs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { webdavVFSFromURL } from './url.js';

const SECRET = 'hunter2-tellnobody';

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
    ['WEBDAVS://ada:secret@dav.example:8443/locks'],
    ['webdav://localhost:8080/locks'],
    ['webdav://[::1]:8080/locks'],
    ['webdavs://ada:secret@dav.example/?auth=digest&deadlineMs=3000&retries=0'],
    ['webdavs://:token@dav.example/?auth=bearer'],
    ['webdav://dav.example/?allowInsecureHttp=true'],
  ])('opens: %s', (url) => {
    expect(webdavVFSFromURL(url).adapter).toBe('webdav');
    expect(webdavVFSFromURL(new URL(url)).adapter).toBe('webdav');
  });

  it.each([
    ['https://dav.example/'],
    ['webdav:locks'],
    ['webdav://dav.example/locks'],
    ['webdavs://dav.example:port/'],
    ['webdavs://dav.example/?timeout=1'],
    ['webdavs://dav.example/?deadlineMs=soon'],
    ['webdavs://dav.example/?auth=digest'],
    ['webdavs://ada:secret@dav.example/?auth=ntlm'],
    ['webdavs://dav.example/#locks'],
  ])('is refused with EINVAL: %s', (url) => {
    expect(refusal(url)).toMatchObject({ code: 'EINVAL', op: 'open' });
  });

  it('goes behind the options', () => {
    const url = 'webdav://dav.example/?allowInsecureHttp=true';
    expect(refusal(url, { allowInsecureHttp: false }).code).toBe('EINVAL');
  });

  it('does not lose its credentials to options without any', () => {
    const twice = { auth: { type: 'bearer', token: 't' } } as const;
    expect(refusal('webdavs://ada:secret@dav.example/', twice).code).toBe('EINVAL');
    expect(() => webdavVFSFromURL('webdavs://ada:secret@dav.example/', { auth: undefined })).not.toThrow();
  });

  it('shows its password neither in a refusal nor in the VFS', () => {
    for (const rest of ['dav.example:port/', 'dav.example/?x=1', 'dav.example/#x', 'dav.example/?auth=x']) {
      const error = refusal(`webdavs://ada:${SECRET}@${rest}`);
      expect(inspect(error, { depth: Infinity })).not.toContain(SECRET);
    }
    const vfs = webdavVFSFromURL(`webdavs://ada:${SECRET}@dav.example/`);
    expect(inspect(vfs, { depth: Infinity, showHidden: true })).not.toContain(SECRET);
  });
});
