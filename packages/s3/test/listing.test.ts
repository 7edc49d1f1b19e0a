import { describe, expect, test } from 'vitest';
import { headOf, pageOf } from '../src/store/listing.js';
import { entriesOf } from '../src/store/entries.js';

const QUERY = { prefix: 'locks/', folded: true };
const WHOLE = { IsTruncated: false, Prefix: 'locks/' };
const refusal = (answer: object, query = QUERY): unknown => {
  try {
    return pageOf(answer, query);
  } catch (error) {
    return error;
  }
};

describe('a listing', () => {
  test('has what the store tells', () => {
    const LastModified = new Date('2026-11-28T03:00:00.750Z');
    const Contents = [{ Key: 'locks/a', Size: 3, LastModified, ETag: '"1"' }];
    const page = pageOf({ ...WHOLE, Contents, CommonPrefixes: [{ Prefix: 'locks/d/' }] }, QUERY);
    expect(page).toEqual({
      objects: [{ key: 'locks/a', size: 3, mtimeMs: Date.parse('2026-11-28T03:00:00Z'), etag: '"1"' }],
      folders: ['locks/d/'],
      next: undefined,
    });
  });

  test('has nothing that the store does not tell', () => {
    const page = pageOf({ ...WHOLE, Contents: [{ Key: 'locks/a' }] }, QUERY);
    expect(page.objects).toEqual([{ key: 'locks/a' }]);
    expect(entriesOf('locks/', page)).toEqual([{ name: 'a', type: 'file' }]);
  });

  test.each<[what: string, answer: object]>([
    ['does not say whether it is all', { Prefix: 'locks/' }],
    ['does not say of what it is', { IsTruncated: false }],
    ['is of another folder', { IsTruncated: false, Prefix: 'locks' }],
    ['is of the whole bucket', { IsTruncated: false, Prefix: '' }],
    ['goes on, and does not say where', { IsTruncated: true, Prefix: 'locks/' }],
    ['has a key of elsewhere', { ...WHOLE, Contents: [{ Key: 'else/a' }] }],
    ['has a folder of elsewhere', { ...WHOLE, CommonPrefixes: [{ Prefix: 'else/' }] }],
    ['has a folder without its slash', { ...WHOLE, CommonPrefixes: [{ Prefix: 'locks/d' }] }],
    ['has a size that is none', { ...WHOLE, Contents: [{ Key: 'locks/a', Size: -1 }] }],
    [
      'has a key that is not encoded right',
      { ...WHOLE, EncodingType: 'url', Contents: [{ Key: 'locks/%zz' }] },
    ],
  ])('that %s is none', (_, answer) => {
    expect(refusal(answer)).toMatchObject({ failure: { code: 'EIO' } });
  });

  test('is of the folder that was asked for, however the store encodes it', () => {
    const query = { prefix: 'a b+c/', folded: true };
    for (const Prefix of ['a b+c/', 'a+b%2Bc/', 'a%20b%2Bc/', 'a%20b%2Bc%2F']) {
      const Contents = [{ Key: 'a+b%2Bc/x+y' }];
      const page = pageOf({ IsTruncated: false, EncodingType: 'url', Prefix, Contents }, query);
      expect(page.objects).toEqual([{ key: 'a b+c/x y' }]);
    }
  });

  test('of a whole bucket names no folder', () => {
    for (const answer of [{ IsTruncated: false }, { IsTruncated: false, Prefix: '' }]) {
      expect(pageOf(answer, { prefix: '', folded: false }).objects).toEqual([]);
    }
  });
});

test('what a HEAD does not tell is absent', () => {
  expect(headOf({ ETag: '"1"' })).toEqual({ info: { etag: '"1"' }, metadata: {} });
});
