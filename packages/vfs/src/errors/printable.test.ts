import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { VFSError } from './error.js';
import { printableCause } from './printable.js';

const EVIL = '\u{1b}]0;owned\u{7}\u{202e}';
const about = { code: 'EIO', op: 'ls', path: '/', adapter: 'some' } as const;

const causes: readonly (readonly [what: string, cause: unknown])[] = [
  ['an error', new Error(EVIL)],
  ['an error within an error', new Error('outer', { cause: new Error('inner', { cause: new Error(EVIL) }) })],
  ['one error of several', new AggregateError([new Error('fine'), new Error(EVIL)], 'all failed')],
  ['an error that a library attached', Object.assign(new Error('fine'), { response: new Error(EVIL) })],
  ['a name', Object.assign(new Error('fine'), { name: EVIL })],
  ['a text', EVIL],
  ['a line that looks like another error', new Error('fine\r\nError: forged')],
];

describe('the cause of a VFSError', () => {
  test.each(causes)('drives no terminal when it is printed: %s', (_, cause) => {
    // What console.error writes.
    const shown = inspect(new VFSError({ ...about, detail: EVIL, cause }), { depth: 10 });
    // eslint-disable-next-line no-control-regex -- these are what is looked for
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(shown).not.toMatch(/^Error: forged/m);
  });

  test('is kept as it is if it drives none', () => {
    const cause = new Error('status 4, grün', { cause: new Error('inner') });
    expect(new VFSError({ ...about, cause }).cause).toBe(cause);
  });

  test('keeps its code, and no more of its text than a few lines', () => {
    const cause = Object.assign(new Error(`${EVIL}${'x'.repeat(10_000)}`), { code: 'EPROTO' });
    const kept = printableCause(cause);
    expect(kept).toMatchObject({ code: 'EPROTO' });
    expect(String(kept).length).toBeLessThan(2200);
  });
});
