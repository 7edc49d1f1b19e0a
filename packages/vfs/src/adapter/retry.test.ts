import { VirtualClock } from '@holdfast/testkit';
import { describe, expect, test } from 'vitest';
import { Backoff } from './backoff.js';
import { FailedAttempt, failure, type Failure } from './failure.js';
import { retry, type RetryOptions } from './retry.js';

const CUT = failure('ECONN', { outcome: 'unknown', retryable: true });
const REFUSED = failure('ECONN', { retryable: true });
const DENIED = failure('EACCES');

/** Runs attempts that fail with `failures` one after the other, and then succeed. */
async function run(
  failures: readonly Failure[],
  more: Partial<RetryOptions> = {},
): Promise<{ attempts: number; ms: number; result: unknown }> {
  const clock = new VirtualClock();
  let attempts = 0;
  const result = await clock.runUntil(
    retry(
      async () => {
        const what = failures[attempts++];
        if (what !== undefined) throw new FailedAttempt(what);
        return 'done';
      },
      {
        idempotent: true,
        failureOf: (error) => (error instanceof FailedAttempt ? error : new FailedAttempt(failure('EIO'))),
        clock,
        random: () => 1,
        ...more,
      },
    ).catch((error: unknown) => error),
  );
  return { attempts, ms: clock.now, result };
}

describe('a call that is repeated', () => {
  test('goes on until it succeeds, with growing pauses', async () => {
    expect(await run([CUT, REFUSED])).toEqual({ attempts: 3, ms: 300, result: 'done' });
  });

  test('ends at once with what will come to the same again', async () => {
    expect(await run([DENIED])).toMatchObject({ attempts: 1, result: { failure: DENIED } });
  });

  test('is not repeated where it may have had an effect, unless that comes to the same', async () => {
    expect(await run([CUT], { idempotent: false })).toMatchObject({ attempts: 1, result: { failure: CUT } });
    expect(await run([REFUSED, CUT, DENIED], { idempotent: false })).toMatchObject({ attempts: 2 });
  });

  test('stays in doubt because of an earlier attempt', async () => {
    expect(await run([CUT, DENIED])).toMatchObject({
      attempts: 2,
      result: { failure: { code: 'EACCES', outcome: 'unknown' } },
    });
  });

  test('is made so often at most, and not beyond its deadline', async () => {
    expect(await run([CUT, CUT, CUT, CUT, CUT])).toMatchObject({ attempts: 4 });
    expect(await run([CUT, CUT, CUT], { deadlineMs: 250 })).toMatchObject({ attempts: 2, ms: 100 });
  });

  test('waits as long as the storage asks', async () => {
    const clock = new VirtualClock();
    let attempts = 0;
    const call = retry(
      async () => {
        if (attempts++ === 0)
          throw new FailedAttempt(failure('EBUSY', { retryable: true }), { retryAfterMs: 7000 });
      },
      { idempotent: false, failureOf: (error) => error as FailedAttempt, clock },
    );
    await clock.runUntil(call);
    expect(clock.now).toBe(7000);
  });

  test('is over when its caller gives up in a pause', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const call = retry(
      async () => {
        throw new FailedAttempt(REFUSED);
      },
      { idempotent: true, failureOf: (error) => error as FailedAttempt, clock, signal: controller.signal },
    );
    await clock.settle();
    controller.abort('enough');
    await expect(call).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  test('holds back the others of its VFS while nothing can be reached', async () => {
    const clock = new VirtualClock();
    const backoff = new Backoff({ clock, random: () => 1, firstMs: 1000 });
    const shared = { backoff, clock };
    await run([REFUSED], { ...shared, attempts: 1 });
    const before = clock.now;
    await clock.runUntil(backoff.begin());
    expect(clock.now - before).toBe(1000);
  });
});
