import type { Call } from '@holdfast/vfs';
import { describe, expect, test } from 'vitest';
import { Run } from './run.js';
import { NO_LIMITS } from './replay.js';
import { TinyStore } from './tiny-store.js';

const capabilities = new Run({ name: 'x', actors: {}, tickMs: 1, ticks: 0 }, NO_LIMITS).capabilities;
const empty = (): TinyStore => new TinyStore({ capabilities });
const write = (path: string, data: string, exclusive = false): Call => ({
  op: 'writeFile',
  path,
  data,
  options: { exclusive },
});
const mkdir = (path: string): Call => ({ op: 'mkdir', path, options: {} });
const link = (path: string, to: string): Call => ({ op: 'link', path, to, options: {} });
const rm = (path: string): Call => ({ op: 'rm', path, options: {} });
const at = (store: TinyStore, call: Call, wallMs = 0): unknown => {
  const answer = store.perform(call, wallMs);
  return answer.ok ? (answer.value ?? 'done') : answer.code;
};
const stat = (path: string): Call => ({ op: 'stat', path, options: {} });

describe('the storage of the explorer', () => {
  test('lets one name be made once, as a file or as a directory', () => {
    const tiny = empty();
    expect(at(tiny, write('/1', 'a', true))).toBe('done');
    expect(at(tiny, mkdir('/1'))).toBe('EEXIST');
    expect(at(tiny, write('/1', 'b', true))).toBe('EEXIST');
    expect(at(tiny, mkdir('/2'))).toBe('done');
    expect(at(tiny, write('/2', 'b', true))).toBe('EEXIST');
    expect(at(tiny, write('/2', 'b'))).toBe('EISDIR');
  });

  test('gives a file a second name, under which it changes too', () => {
    const tiny = empty();
    at(tiny, write('/1', 'a'));
    expect(at(tiny, link('/1', '/1.free'))).toBe('done');
    at(tiny, write('/1', 'longer'), 5_000);
    expect(at(tiny, stat('/1.free'))).toMatchObject({ size: 6, mtimeMs: 5_000 });
    at(tiny, rm('/1'));
    expect(at(tiny, stat('/1.free'))).toMatchObject({ size: 6 });
    at(tiny, write('/1', 'another'));
    expect(at(tiny, stat('/1.free'))).toMatchObject({ size: 6 });
  });

  test('links no directory, nothing that is not there, and nothing over something', () => {
    const tiny = empty();
    at(tiny, write('/1', 'a'));
    at(tiny, mkdir('/2'));
    expect(at(tiny, link('/2', '/3'))).toBe('EISDIR');
    expect(at(tiny, link('/1', '/2'))).toBe('EEXIST');
    expect(at(tiny, link('/4', '/3'))).toBe('ENOENT');
    expect(at(tiny, link('/1', '/no/3'))).toBe('ENOENT');
  });

  test('goes back over all of it', () => {
    const tiny = empty();
    at(tiny, write('/1', 'a'));
    tiny.commit();
    const before = tiny.digest;
    at(tiny, link('/1', '/2'));
    at(tiny, write('/2', 'changed'), 9_000);
    at(tiny, rm('/1'));
    expect(tiny.digest).not.toBe(before);
    tiny.rollback();
    expect(tiny.digest).toBe(before);
  });

  test('reads no more of a file than was asked for', () => {
    const tiny = empty();
    at(tiny, write('/1', 'four'));
    const read = (maxBytes: number): unknown =>
      at(tiny, { op: 'readFile', path: '/1', options: { maxBytes } });
    expect([read(3), read(4)]).toEqual(['EFBIG', new TextEncoder().encode('four')]);
  });
});
