import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { isVFSError, outcomeOf, outcomeOfSilence, VFS_ERROR_CODES, VFSError } from './error.js';
import { printable } from './printable.js';

const init = { code: 'EEXIST', op: 'mkdir', path: '/d', adapter: 'some' } as const;

describe('a VFSError', () => {
  test('names the place where the storage is, if it is told', () => {
    const error = new VFSError({ ...init, place: '/srv/locks' });
    expect(error.place).toBe('/srv/locks');
    expect(error.message).toContain('on some (/srv/locks)');
    expect(new VFSError(init).message).toContain('on some:');
  });

  test('carries what is known', () => {
    const cause = new Error('status 4');
    const error = new VFSError({ ...init, outcome: 'unknown', detail: 'seen', advice: 'do', cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      ...init,
      name: 'VFSError',
      outcome: 'unknown',
      detail: 'seen',
      advice: 'do',
    });
    expect(error.cause).toBe(cause);
  });

  test.each(VFS_ERROR_CODES)(
    'with %s has a meaning and an advice of its own, and has failed for certain',
    (code) => {
      const error = new VFSError({ ...init, code });
      expect(error.outcome).toBe('failed');
      expect(error.detail).not.toBe('');
      expect(error.advice).not.toBe('');
      expect('cause' in error).toBe(false);
      for (const part of [code, '/d', 'mkdir', 'some', error.detail, error.advice]) {
        expect(error.message).toContain(part);
      }
    },
  );

  test('says in its message that the outcome is unknown', () => {
    const [known, unknown] = [new VFSError(init), new VFSError({ ...init, outcome: 'unknown' })];
    expect(unknown.message).not.toBe(known.message);
  });

  test('cannot drive a terminal by its message', () => {
    const error = new VFSError({ ...init, path: '/\u{1b}[2J', detail: 'a\u{7}\nb', adapter: '\u{202e}x' });
    expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(error.path).toBe('/\u{1b}[2J');
  });

  test('does not make the process die of what settles later', async () => {
    const late = new Error('late');
    const settled = Promise.reject(late);
    const error = new VFSError({ ...init, settled });
    await setImmediate();
    await expect(error.settled).rejects.toBe(late);
  });
});

describe('isVFSError', () => {
  test('knows one, and its code', () => {
    const error = new VFSError(init);
    expect(isVFSError(error)).toBe(true);
    expect(isVFSError(error, 'EEXIST')).toBe(true);
    expect(isVFSError(error, 'ENOENT', 'EEXIST')).toBe(true);
    expect(isVFSError(error, 'ENOENT')).toBe(false);
  });

  test('knows one of another install of the package', () => {
    const other = Object.assign(new Error('x'), { name: 'VFSError', code: 'EEXIST' });
    expect(isVFSError(other, 'EEXIST')).toBe(true);
  });

  test.each([
    undefined,
    null,
    'EEXIST',
    { name: 'VFSError', code: 'EEXIST' },
    new Error('EEXIST'),
    new TypeError('x'),
  ])('does not take %s for one', (value) => {
    expect(isVFSError(value)).toBe(false);
  });
});

describe('an outcome', () => {
  test('of silence is unknown for what changes something, and failed for what looks', () => {
    for (const op of ['mkdir', 'writeFile', 'chtimes', 'rm', 'rename'] as const) {
      expect(outcomeOfSilence(op)).toBe('unknown');
    }
    for (const op of ['readFile', 'ls', 'stat', 'watch', 'open'] as const) {
      expect(outcomeOfSilence(op)).toBe('failed');
    }
  });

  test('of an error is its own, and unknown for what is no VFSError', () => {
    expect(outcomeOf(new VFSError(init))).toBe('failed');
    expect(outcomeOf(new VFSError({ ...init, outcome: 'unknown' }))).toBe('unknown');
    expect(outcomeOf(new Error('x'))).toBe('unknown');
    expect(outcomeOf('aborted')).toBe('unknown');
  });
});

describe('printable text', () => {
  test.each([
    ['plain text, gr\u{fc}n \u{1f512}', 'plain text, gr\u{fc}n \u{1f512}'],
    ['\u{1b}[31m', '\\u{1b}[31m'],
    ['a\r\nb\t', 'a\\u{d}\\u{a}b\\u{9}'],
    ['\u{202e}gpj.exe', '\\u{202e}gpj.exe'],
    ['zero\u{200b}width', 'zero\\u{200b}width'],
    ['line\u{2028}end', 'line\\u{2028}end'],
    ['half \u{d800}', 'half \\u{d800}'],
    ['private \u{e000}', 'private \\u{e000}'],
    ['\u{9b}31m', '\\u{9b}31m'],
  ])('of %j is %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});
