import { describe, expect, it } from 'vitest';
import { Observer } from './observer.js';

describe('an observer', () => {
  it('counts from the end of the first look to the beginning of the last', () => {
    const observer = new Observer();
    expect(observer.note(1, 'a', 0, 100, 1_000)).toBe(0);
    expect(observer.note(1, 'a', 600, 900, 1_000)).toBe(500);
    expect(observer.note(1, 'a', 1_100, 1_200, 1_000)).toBe(1_000);
  });

  it('begins anew with every change, of version or of number', () => {
    const observer = new Observer();
    observer.note(1, 'a', 0, 0, 1_000);
    expect(observer.note(1, 'b', 500, 500, 1_000)).toBe(0);
    expect(observer.note(2, 'b', 600, 600, 1_000)).toBe(0);
    expect(observer.note(2, 'b', 700, 700, 1_000)).toBe(100);
  });

  it('has seen nothing where a look could not tell', () => {
    const observer = new Observer();
    observer.note(1, 'a', 0, 0, 1_000);
    expect(observer.note(1, undefined, 500, 500, 1_000)).toBe(0);
    expect(observer.note(1, 'a', 600, 600, 1_000)).toBe(0);
  });

  it('never counts below nothing when looks overlap', () => {
    const observer = new Observer();
    observer.note(1, 'a', 0, 1_000, 1_000);
    expect(observer.note(1, 'a', 500, 1_500, 1_000)).toBe(0);
  });

  it('begins anew if nobody has looked for long', () => {
    const observer = new Observer();
    observer.note(1, 'a', 0, 0, 1_000);
    expect(observer.note(1, 'a', 1_000, 1_000, 1_000)).toBe(1_000);
    expect(observer.note(1, 'a', 2_001, 2_001, 1_000)).toBe(0);
    expect(observer.note(1, 'a', 2_500, 2_500, 1_000)).toBe(499);
  });
});
