import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { inTurn } from './fairness.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Has each call take so many milliseconds, by the clock that is looked at. */
function callsThatTake(ms: number): (name: string, log: string[]) => void {
  let now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  return (name, log) => {
    now += ms;
    log.push(name);
  };
}

it('calls are made at once, until they have gone on for long', async () => {
  await nextTurn();
  const call = callsThatTake(0.5);
  const log: string[] = [];
  const answers = Array.from({ length: 40 }, async (_, at) => inTurn(() => call(`${at}`, log)));
  expect(log.length).toBeGreaterThan(2);
  expect(log.length).toBeLessThan(16);
  await Promise.all(answers);
  expect(log).toEqual(Array.from({ length: 40 }, (_, at) => `${at}`));
});

it('those that wait are made in order, a few in each turn, and everything else has its turn in between', async () => {
  await nextTurn();
  const call = callsThatTake(0.5);
  const log: string[] = [];
  const answers = Array.from({ length: 100 }, async (_, at) => inTurn(() => call(`${at}`, log)));
  const turns: number[] = [];
  while (log.length < 100) {
    turns.push(log.length);
    await nextTurn();
  }
  await Promise.all(answers);
  expect(turns.length).toBeGreaterThan(8);
  expect(log).toEqual(Array.from({ length: 100 }, (_, at) => `${at}`));
});

it('ten thousand that wait cost each one call, and not one a turn', async () => {
  await nextTurn();
  let made = 0;
  const call = callsThatTake(0.5);
  const log: string[] = [];
  await Promise.all(
    Array.from({ length: 10_000 }, async () =>
      inTurn(() => {
        made++;
        call('', log);
      }),
    ),
  );
  expect(made).toBe(10_000);
});

it('a call that fails fails alone, at once or later', async () => {
  await nextTurn();
  const call = callsThatTake(1);
  const log: string[] = [];
  const fail = (): void => {
    call('failed', log);
    throw new Error('no');
  };
  expect(() => inTurn(fail)).toThrow('no');
  const answers = Array.from({ length: 20 }, async (_, at) =>
    inTurn(at === 15 ? fail : () => call(`${at}`, log)),
  );
  const outcomes = await Promise.allSettled(answers);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  expect(log).toHaveLength(21);
});
