import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localVFS } from './open.js';
import { parseSettings } from './options.js';

describe('the options', () => {
  it('have defaults', () => {
    expect(parseSettings('/srv/locks', {})).toEqual({
      root: resolve('/srv/locks'),
      create: false,
      filesystem: 'auto',
      deadlineMs: undefined,
      fsync: undefined,
      mode: undefined,
      calls: 'direct',
      isolate: true,
    });
  });

  it('take a relative root from the working directory, once', () => {
    expect(parseSettings('locks', {}).root).toBe(resolve('locks'));
  });

  it.each([
    ['deadlineMs of 0', { deadlineMs: 0 }],
    ['a negative deadlineMs', { deadlineMs: -1 }],
    ['deadlineMs that is no number', { deadlineMs: NaN }],
    ['an unknown filesystem', { filesystem: 'nfs5' }],
    ['a mode out of range', { mode: 0o10000 }],
    ['a fractional mode', { mode: 1.5 }],
    ['an unknown option', { fsink: true }],
    ['null for the options', null],
  ])('are refused: %s', (_, options) => {
    const open = (): unknown => Reflect.apply(localVFS, undefined, ['/srv', options]);
    expect(open).toThrow(expect.objectContaining({ name: 'VFSError', code: 'EINVAL', op: 'open' }));
  });

  it('that are unknown are answered with the list of the known ones', () => {
    const open = (): unknown => Reflect.apply(localVFS, undefined, ['/srv', { fsink: true }]);
    for (const known of ['create', 'filesystem', 'deadlineMs', 'fsync', 'mode', 'calls', 'isolate']) {
      expect(open).toThrow(expect.objectContaining({ advice: expect.stringContaining(known) }));
    }
  });
});

describe('a root', () => {
  it.each([
    [''],
    ['a\0b'],
    ['file://host/share'],
    ['file:///a%2Fb'],
    [new URL('https://host/a')],
    [undefined],
    [7],
  ])('is refused: %j', (root) => {
    const open = (): unknown => Reflect.apply(localVFS, undefined, [root]);
    expect(open).toThrow(expect.objectContaining({ code: 'EINVAL', op: 'open' }));
  });
});
