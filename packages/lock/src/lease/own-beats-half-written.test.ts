import { describe, expect, test } from 'vitest';
import { encodeBeat } from '../ledger/index.js';
import { OwnBeats } from './own-beats.js';

const RECORD = '{"nonce":"a"}';

describe('a heartbeat that a look finds half-written', () => {
  test.each([0, 1, RECORD.length - 1])('with %i bytes is no sign of a clone', (size) => {
    const own = new OwnBeats(RECORD);
    for (const beat of [5, 6]) {
      own.sending(beat);
      own.written(beat);
    }
    own.sending(7);
    expect(own.mayBe(size)).toBe(true);
    expect(own.mayBe(encodeBeat(RECORD, 200).length)).toBe(false);
  });
});
