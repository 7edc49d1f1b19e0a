import { describe, expect, it } from 'vitest';
import {
  decodeRecord,
  encodeBeat,
  encodeRecord,
  holderOf,
  LONGEST_RECORD_BYTES,
  type ClaimRecord,
} from './record.js';

const record: ClaimRecord = {
  token: 1,
  nonce: 'n',
  staleAfterMs: 10_000,
  since: 0,
  label: 'x',
  process: { host: 'h', boot: 'b', pidNamespace: 'n', timeNamespace: 't', pid: 7, start: 's' },
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a record', () => {
  it('is read as it was written, in a claim and in any beat', () => {
    expect(decodeRecord(bytes(encodeRecord(record)))).toEqual(record);
    for (const beat of [0, 1, 255, 256, 1_000])
      expect(decodeRecord(bytes(encodeBeat(encodeRecord(record), beat)))).toEqual(record);
  });

  it('tells people who has the claim', () => {
    expect(holderOf(record)).toEqual({ host: 'h', pid: 7, label: 'x' });
    expect(holderOf({ token: 1, nonce: 'n', staleAfterMs: 1, since: 0 })).toEqual({
      host: undefined,
      pid: undefined,
      label: undefined,
    });
  });

  it('is never longer than what is read, whatever its label', () => {
    const longest = { ...record, label: '\u0000'.repeat(512) };
    expect(bytes(encodeBeat(encodeRecord(longest), 255)).length).toBeLessThan(LONGEST_RECORD_BYTES);
  });

  it.each([
    ['torn', encodeRecord(record).slice(0, 40)],
    ['empty', ''],
    ['of another kind', '[]'],
    ['null', 'null'],
    ['without a token', '{}'],
    ['with a token that is no number', JSON.stringify({ ...record, token: '1' })],
    ['with a token that is no whole number', JSON.stringify({ ...record, token: 1.5 })],
    ['with a time that is none', JSON.stringify({ ...record, since: 1e300 })],
    ['with a text without end', JSON.stringify({ ...record, label: 'x'.repeat(2_000) })],
    ['with a process that is none', JSON.stringify({ ...record, process: { pid: -1 } })],
    ['without end', ' '.repeat(LONGEST_RECORD_BYTES) + JSON.stringify(record)],
    ['of other bytes', '\u0000\u00ff{'],
  ])('%s is none', (_, text) => {
    expect(decodeRecord(bytes(text))).toBeUndefined();
  });
});

describe('a beat', () => {
  it('is as long as none of the 255 before', () => {
    const lengths = Array.from({ length: 1_000 }, (_, beat) => encodeBeat('x', beat).length);
    for (const [at, length] of lengths.entries())
      expect(lengths.slice(Math.max(0, at - 255), at)).not.toContain(length);
  });
});
