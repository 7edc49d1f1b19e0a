import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** Loaded anew, since it takes what the platform has when it is loaded. */
async function freshTurn(): Promise<() => Promise<void>> {
  vi.resetModules();
  return (await import('./turn.js')).turn;
}

test.each([
  ['with setImmediate', false],
  ['without it, as in a browser', true],
])('a turn of the event loop comes after all promises that can settle, %s', async (_, browser) => {
  if (browser) vi.stubGlobal('setImmediate', undefined);
  const turn = await freshTurn();
  const order: string[] = [];
  const chain = async (): Promise<void> => {
    for (let step = 0; step < 100; step++) await Promise.resolve();
    order.push('chain');
  };
  await Promise.all([turn().then(() => order.push('turn')), chain()]);
  expect(order).toEqual(['chain', 'turn']);
});

test('a turn does not wait for the fake timers of a test runner', async () => {
  const turn = await freshTurn();
  vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout'] });
  try {
    await turn();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
