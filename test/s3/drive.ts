import type { VirtualClock } from '@holdfast/testkit';
import { setImmediate as turn } from 'node:timers/promises';
import type { FakeS3 } from '../servers/fake-s3.js';

/** Turns of the event loop without a request after which nothing is on its way: all of it goes through this loop. */
const QUIET_TURNS = 30;

/**
 * Lets virtual time pass while a fake S3 in this process answers over real sockets: it advances only when nothing is
 * on its way, so that no call is late but those which the fake holds back.
 */
export async function drive(
  clock: VirtualClock,
  fake: FakeS3,
  ms: number,
  { stepMs = 2_000, until = () => false, each = () => undefined }: DriveOptions = {},
): Promise<void> {
  const end = clock.now + ms;
  for (;;) {
    await quiet(fake);
    each();
    if (until() || clock.now >= end) return;
    await clock.advance(Math.min(stepMs, end - clock.now));
  }
}

export interface DriveOptions {
  readonly stepMs?: number;
  /** Ends it early. */
  readonly until?: () => boolean;
  /** Called at each step. */
  readonly each?: () => void;
}

async function quiet(fake: FakeS3): Promise<void> {
  let seen = fake.activity;
  for (let turns = 0; turns < QUIET_TURNS; turns++) {
    await turn();
    if (fake.activity === seen) continue;
    seen = fake.activity;
    turns = 0;
  }
}

/** Lets time pass until `promise` is settled, for an hour at most. */
export async function settled<T>(clock: VirtualClock, fake: FakeS3, promise: Promise<T>): Promise<T> {
  let over = false;
  const mark = (): void => void (over = true);
  promise.then(mark, mark);
  await drive(clock, fake, 3_600_000, { stepMs: 500, until: () => over });
  return promise;
}
