import { describe, expect, test } from 'vitest';
import { quoting } from './quote.js';

describe('what a server says', () => {
  test('is quoted without the secrets that it may have sent back', () => {
    const quote = quoting({ password: 'hunter2', passphrase: 'open sesame' });
    expect(quote('no entry with hunter2, hunter2 or open sesame')).toBe('no entry with ***, *** or ***');
  });

  test('is not torn apart by a secret of one letter, or by none', () => {
    expect(quoting({ password: 'e', passphrase: '' })('denied')).toBe('denied');
  });

  test('is cut where it does not end', () => {
    expect(quoting({ password: undefined, passphrase: undefined })('x'.repeat(10_000)).length).toBe(201);
  });

  test('is quoted without what could drive a terminal', () => {
    const quote = quoting({ password: undefined, passphrase: undefined });
    expect(quote('\u{1b}[2Jdone\r\n')).toBe('\\u{1b}[2Jdone\\u{d}\\u{a}');
  });
});
