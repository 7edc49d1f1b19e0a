import { describe, expect, test } from 'vitest';
import { quoting } from './secrets.js';

const none = { privateKey: undefined, privateKeyPath: undefined, agent: undefined };

describe('what a server says', () => {
  test('is quoted without the secrets that it may have sent back', () => {
    const quote = quoting({ ...none, password: 'hunter2', passphrase: 'open sesame' });
    expect(quote('no entry with hunter2, hunter2 or open sesame')).toBe('no entry with ***, *** or ***');
  });

  test('is not torn apart by a secret of one letter, or by none', () => {
    expect(quoting({ ...none, password: 'e', passphrase: '' })('denied')).toBe('denied');
  });

  test('is cut where it does not end', () => {
    expect(quoting({ ...none, password: undefined, passphrase: undefined })('x'.repeat(10_000)).length).toBe(
      201,
    );
  });
});
