import { describe, expect, test } from 'vitest';
import { memoryStore } from './store.js';
import { memoryVFSFromURL } from './url.js';

describe('a memory: URL', () => {
  test('names one store of this process', async () => {
    const [a, again, b] = ['memory:a', 'memory:a', 'memory:b'].map((url) => memoryVFSFromURL(url));
    await a?.mkdir('/x');
    expect(await again?.ls('/')).toHaveLength(1);
    expect(await b?.ls('/')).toEqual([]);
  });

  test.each([
    ['parameters', 'memory:a?b=c'],
    ['a host', 'memory://host/a'],
    ['a user and a password', 'memory://user:s3cret@host/a'],
    ['a fragment', 'memory:a#b'],
    ['another scheme', 'file:///a'],
  ])('with %s is refused', (_, url) => {
    expect(() => memoryVFSFromURL(url)).toThrow(expect.objectContaining({ code: 'EINVAL', op: 'open' }));
    expect(() => memoryVFSFromURL(url)).not.toThrow(/s3cret/);
  });

  test('takes options, but no store', async () => {
    expect(memoryVFSFromURL('memory:c', { adapter: 'mine' }).adapter).toBe('mine');
    expect(() => memoryVFSFromURL('memory:c', { store: memoryStore() })).toThrow(/store/);
  });
});
