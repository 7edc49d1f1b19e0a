import { describe, expect, it } from 'vitest';
import { OwnBeats } from './own-beats.js';

const RECORD = 'é{}';
/** The size of beat `beat`: its record has 4 bytes. */
const size = (beat: number): number => 4 + beat;

function after(...beats: number[]): OwnBeats {
  const own = new OwnBeats(RECORD);
  for (const beat of beats) {
    own.sending(beat);
    own.written(beat);
  }
  return own;
}

describe('the own beats', () => {
  it('show by their sizes: that of the last one, or of the one before', () => {
    const own = after(0, 1, 2);
    expect([0, 1, 2, 3].map((beat) => own.mayBe(size(beat)))).toEqual([false, true, true, false]);
  });

  it('may be any of those of which nothing was heard', () => {
    const own = after(0, 1);
    own.sending(2);
    own.sending(3);
    own.sending(4);
    own.written(4);
    expect([0, 1, 2, 3, 4].map((beat) => own.mayBe(size(beat)))).toEqual([false, true, true, true, true]);
  });

  it('may be anything before the second, and where the storage does not tell', () => {
    expect([after().mayBe(999), after(0).mayBe(999)]).toEqual([true, true]);
    expect(after(0, 1).mayBe(undefined)).toBe(true);
    expect(after(0, 1).mayBe(999)).toBe(false);
  });
});
