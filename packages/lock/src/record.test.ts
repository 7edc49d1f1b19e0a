import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord, type BeatRecord } from './record.js';

const record: BeatRecord = {
  token: 1,
  nonce: 'n',
  beats: 0,
  staleAfterMs: 10_000,
  acquiredAt: 0,
  label: 'x',
  process: { host: 'h', boot: 'b', namespace: 'n', pid: 7, start: 's' },
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a record', () => {
  it('is read as it was written', () => {
    expect(decodeRecord(bytes(encodeRecord(record)))).toEqual(record);
  });

  it('is as long as none of the five hundred before', () => {
    const lengths = Array.from({ length: 5_000 }, (_, beats) => encodeRecord({ ...record, beats }).length);
    for (const [at, length] of lengths.entries()) {
      expect(lengths.slice(Math.max(0, at - 500), at)).not.toContain(length);
    }
  });

  it.each([
    ['torn', encodeRecord(record).slice(0, 40)],
    ['of another kind', '[]'],
    ['without a token', '{}'],
    ['with a token that is no number', JSON.stringify({ ...record, token: '1' })],
    ['with a time that is none', JSON.stringify({ ...record, acquiredAt: 1e300 })],
    ['with a text without end', JSON.stringify({ ...record, label: 'x'.repeat(2_000) })],
    ['without end', ' '.repeat(70_000) + JSON.stringify(record)],
  ])('%s is none', (_, text) => {
    expect(decodeRecord(bytes(text))).toBeUndefined();
  });
});
