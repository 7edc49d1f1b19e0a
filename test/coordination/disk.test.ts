import { describe, expect, test } from 'vitest';
import { eventually } from '../processes/eventually.js';
import { seeded, seedOf } from '../processes/seeded.js';
import { Crew, type Work } from './crew.js';
import { conflicts, holdsIn, mostAtOnce } from './holds.js';

const LONG = { timeout: 300_000 };

/** Kills some and stops others, at random moments, while the crew goes on. */
async function torment(crew: Crew, blows: number, seed: string, again: Work = {}): Promise<void> {
  const random = seeded(seedOf(seed));
  for (let blow = 0; blow < blows; blow++) {
    const before = crew.tokens;
    await eventually(() => crew.tokens > before + random.below(10), 'others are granted');
    const [victim = ''] = random.shuffle(crew.names);
    if (blow % 2 === 0) {
      await crew.kill(victim);
      await crew.start(again);
      continue;
    }
    crew.signal(victim, 'SIGSTOP');
    const since = crew.tokens;
    await eventually(() => crew.tokens > since + 5, 'the others go on');
    crew.signal(victim, 'SIGCONT');
  }
}

describe('processes on a local disk', () => {
  test(
    'never have more permits of a semaphore than there are, whoever is killed or stopped',
    LONG,
    async () => {
      await using crew = new Crew({
        part: 'semaphore',
        permits: 3,
        counts: [1, 2, 1, 3],
        holdMs: 10,
        staleAfterMs: 1_500,
      });
      for (let count = 0; count < 5; count++) await crew.start();
      await torment(crew, 4, 'semaphore');
      await crew.end();
      const holds = holdsIn(crew.lines('held'));
      expect(mostAtOnce(holds)).toBeLessThanOrEqual(3);
      expect(holds.filter(({ weight }) => weight === 3).length).toBeGreaterThan(3);
    },
  );

  test('use all permits of a semaphore', LONG, async () => {
    await using crew = new Crew({ part: 'semaphore', permits: 4, counts: [1], holdMs: 100 });
    for (let count = 0; count < 6; count++) await crew.start();
    await eventually(() => crew.tokens > 40, 'they take turns');
    await crew.end();
    expect(mostAtOnce(holdsIn(crew.lines('held')))).toBe(4);
  });

  test(
    'a writer among 100 readers has its turn within one longest read; readers go on side by side',
    LONG,
    async () => {
      const [processes, readers, holdMs] = [5, 20, 300];
      await using crew = new Crew({ part: 'lock', counts: 0, contenders: readers, holdMs });
      for (let count = 0; count < processes; count++) await crew.start();
      const writer = await crew.start({ contenders: 1, counts: 1, holdMs: 50 });
      const turns = (): number => crew.tokensOf('exclusive');
      await eventually(() => turns() >= 5, 'the writer has its turns', turns);
      await crew.end();
      const holds = holdsIn(crew.lines('held'));
      expect(conflicts(holds)).toEqual([]);
      expect(mostAtOnce(holds.filter(({ mode }) => mode === 'shared'))).toBeGreaterThanOrEqual(8);
      const longest = Math.max(
        ...holds.filter(({ mode }) => mode === 'shared').map(({ from, until }) => until - from),
      );
      const waits = holds.filter(({ name }) => name === writer).map(({ waitedMs }) => waitedMs);
      console.info(
        `the writer waited ${waits.map(Math.round).join(', ')} ms; the longest read took ${Math.round(longest)} ms`,
      );
      // What is beyond one read is how long a machine with two processors needs to wake a hundred readers.
      expect(Math.max(...waits)).toBeLessThan(longest + 1_500);
    },
  );

  test('readers and writers exclude each other, whoever is killed or stopped', LONG, async () => {
    await using crew = new Crew({ part: 'lock', counts: 1, contenders: 3, holdMs: 10, staleAfterMs: 1_500 });
    for (let count = 0; count < 4; count++) await crew.start();
    await torment(crew, 4, 'readers');
    await crew.end();
    const holds = holdsIn(crew.lines('held'));
    expect(conflicts(holds)).toEqual([]);
    expect(new Set(holds.map(({ mode }) => mode)).size).toBe(2);
  });

  test('have one leader at a time, and read no value of another one', LONG, async () => {
    await using crew = new Crew({ part: 'candidate', holdMs: 40, staleAfterMs: 1_500 });
    for (let count = 0; count < 4; count++) await crew.start();
    await using watchers = new Crew({ part: 'observer', storage: crew.storage, staleAfterMs: 1_500 });
    await watchers.start();
    await torment(crew, 4, 'election');
    await crew.end();
    await watchers.end();
    const holds = holdsIn(crew.lines('held'));
    expect(conflicts(holds)).toEqual([]);
    const names = new Map(crew.lines('leads').map(({ token, name }) => [token, name]));
    const observed = watchers.lines('observed').filter(({ token }) => token !== undefined);
    expect(observed.length).toBeGreaterThan(5);
    for (const { token, value = '' } of observed) {
      const name = names.get(token) ?? value.split(' ')[0];
      expect([`${name} began`, `${name} leads as ${token}`]).toContain(value);
    }
    const tokens = observed.map(({ token = 0 }) => token);
    expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
  });
});
