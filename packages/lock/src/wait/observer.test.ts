import { describe, expect, it } from 'vitest';
import { Observer } from './observer.js';

const look = (begunAt: number, endedAt: number): { begunAt: number; endedAt: number } => ({
  begunAt,
  endedAt,
});

describe('an observer', () => {
  it('counts from the end of the first look to the beginning of the last', () => {
    const observer = new Observer();
    expect(observer.note(1, 'a', look(0, 100), 1_000)).toBe(0);
    expect(observer.note(1, 'a', look(600, 900), 1_000)).toBe(500);
    expect(observer.note(1, 'a', look(1_100, 1_200), 1_000)).toBe(1_000);
  });

  it('begins anew with every change, of signs or of number', () => {
    const observer = new Observer();
    observer.note(1, 'a', look(0, 0), 1_000);
    expect(observer.note(1, 'b', look(500, 500), 1_000)).toBe(0);
    expect(observer.note(2, 'b', look(600, 600), 1_000)).toBe(0);
    expect(observer.note(2, 'b', look(700, 700), 1_000)).toBe(100);
  });

  it('has seen nothing where a look could not tell', () => {
    const observer = new Observer();
    observer.note(1, 'a', look(0, 0), 1_000);
    expect(observer.note(1, undefined, look(500, 500), 1_000)).toBe(0);
    expect(observer.last(1)).toBeUndefined();
    expect(observer.note(1, 'a', look(600, 600), 1_000)).toBe(0);
  });

  it('never counts below nothing when looks overlap', () => {
    const observer = new Observer();
    observer.note(1, 'a', look(0, 1_000), 1_000);
    expect(observer.note(1, 'a', look(500, 1_500), 1_000)).toBe(0);
  });

  it('begins anew if nobody has looked for two windows', () => {
    const observer = new Observer();
    observer.note(1, 'a', look(0, 0), 1_000);
    expect(observer.note(1, 'a', look(2_000, 2_000), 1_000)).toBe(2_000);
    expect(observer.note(1, 'a', look(4_001, 4_001), 1_000)).toBe(0);
    expect(observer.note(1, 'a', look(4_500, 4_500), 1_000)).toBe(499);
  });

  it('begins anew with a claim that it is told to forget', () => {
    const observer = new Observer();
    observer.note(1, 'a', look(0, 0), 1_000);
    observer.forget(1);
    expect(observer.note(1, 'a', look(500, 500), 1_000)).toBe(0);
  });

  it('knows of a death only for looks that began after it was proved', () => {
    const observer = new Observer();
    observer.noteDead(1, 100);
    expect([99, 100, 101].map((begunAt) => observer.wasDead(1, begunAt))).toEqual([false, true, true]);
    expect(observer.wasDead(2, 200)).toBe(false);
  });

  it('forgets what is gone once it knows of many', () => {
    const observer = new Observer();
    for (let number = 1; number <= 300; number++) observer.note(number, 'a', look(0, 0), 1_000);
    observer.noteDead(5, 0);
    observer.prune(new Set([1]));
    expect([observer.last(1)?.signs, observer.last(2), observer.wasDead(5, 1)]).toEqual([
      'a',
      undefined,
      false,
    ]);
  });

  it('forgets nothing that was seen lately while there are few: what is missing from one look may be in the next', () => {
    const observer = new Observer();
    observer.note(1, 'a', look(0, 0), 1_000);
    observer.prune(new Set());
    expect(observer.last(1)?.signs).toBe('a');
  });
});
