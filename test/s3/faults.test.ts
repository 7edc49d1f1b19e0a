import { Lock, type Lease } from '@holdfast/lock';
import { s3VFS } from '@holdfast/s3';
import { VirtualClock } from '@holdfast/testkit';
import { isVFSError } from '@holdfast/vfs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { striking, type Fault, type Strike } from '../servers/fake-s3-faults.js';
import { startFakeS3, type FakeS3 } from '../servers/fake-s3.js';
import { drive } from './drive.js';

const STALE_AFTER_MS = 60_000;
/** A window, and what deadlines, retries and polls add to it. */
const LONGEST_WAIT_MS = 3 * STALE_AFTER_MS;

/** Every kind of request that a lock makes from the first acquire to the clean-up behind the last. */
const CALLS: readonly (readonly [call: string, strike: Omit<Strike, 'fault'>])[] = [
  ['the first look', { op: 'list', key: /lockfile-x\/$/ }],
  ["the lock's directory", { op: 'create', key: /lockfile-x\/$/ }],
  ['the look whether there is any', { op: 'head' }],
  ['the origin', { op: 'create', key: /\.origin$/ }],
  ['the claim', { op: 'create', key: /\/\d{16}$/ }],
  ['the confirming look', { op: 'list', key: /lockfile-x\/$/, after: 2 }],
  ['the first beat', { op: 'put', key: /\.beat\.\d+$/ }],
  ['a later beat', { op: 'put', key: /\.beat\.\d+$/, after: 1 }],
  ['the look beside a beat', { op: 'list', key: /lockfile-x\/$/, after: 4 }],
  ['the reading of the record', { op: 'get', key: /\/\d{16}$/ }],
  ['the release', { op: 'create', key: /\.free$/ }],
  ['the claim of the next', { op: 'create', key: /\/\d{16}$/, after: 2 }],
];

const FAULTS: readonly (readonly [name: string, fault: Fault])[] = [
  ['is carried out and its answer lost', 'loseReply'],
  ['does not arrive', 'dropRequest'],
  ['hangs, and is carried out later', 'hang'],
  ['meets a conflict', { status: 409, code: 'ConditionalRequestConflict' }],
  ['is carried out and reported as an internal error', { status: 500, code: 'InternalError', applied: true }],
  ['is told to slow down', { status: 503, code: 'SlowDown' }],
  ['is denied', { status: 403, code: 'AccessDenied' }],
];

let fake: FakeS3;
beforeEach(async () => {
  fake = await startFakeS3();
});
afterEach(() => fake.stop());

/** What became of a promise, to be asked at any time. */
interface Outcome<T> {
  settled: boolean;
  value?: T;
  error?: unknown;
}

function outcomeOf<T>(promise: Promise<T>): Outcome<T> {
  const outcome: Outcome<T> = { settled: false };
  promise.then(
    (value) => Object.assign(outcome, { settled: true, value }),
    (error: unknown) => Object.assign(outcome, { settled: true, error }),
  );
  return outcome;
}

describe.each(CALLS)('when %s', (_, call) => {
  describe.each([1, 12])(`%i times at most`, (times) => {
    test.each(FAULTS)(
      '%s, nobody holds with another, and the next one obtains the lock',
      async (__, fault) => {
        const clock = new VirtualClock();
        const leases: Lease[] = [];
        const turn = (ms: number, until: () => boolean = () => false): Promise<void> =>
          drive(clock, fake, ms, {
            until,
            each: () => expect(leases.filter(({ held }) => held).length).toBeLessThan(2),
          });
        const contender = (): Outcome<void> => {
          const vfs = s3VFS({
            bucket: 'bucket',
            endpoint: fake.endpoint,
            credentials: fake.credentials,
            clock,
          });
          const lock = new Lock(vfs, { id: 'x', staleAfterMs: STALE_AFTER_MS, clock });
          return outcomeOf(lock.acquire().then((lease) => void leases.push(lease)));
        };
        const end = async (outcome: Outcome<void>): Promise<void> => {
          await turn(LONGEST_WAIT_MS, () => outcome.settled);
          expect(outcome.settled).toBe(true);
          // Who does not obtain the lock hears of the storage's error, and of no other.
          if (outcome.error !== undefined && !isVFSError(outcome.error)) throw outcome.error;
        };
        const releaseAll = async (): Promise<void> => {
          for (const lease of leases) await end(outcomeOf(lease.release()));
        };

        const strike = striking({ ...call, fault, times });
        let struck = 0;
        fake.fault = (request) => {
          const due = strike(request);
          if (due !== undefined) struck += 1;
          return due;
        };
        await end(contender());
        const second = contender();
        await turn(20_000);
        await releaseAll();
        await end(second);
        await turn(20_000);
        // What hung so far is carried out now, in the back of whoever holds the lock.
        fake.release();
        await turn(20_000);
        await releaseAll();
        // The third cleans up behind the first.
        await end(contender());
        await turn(20_000);
        fake.fault = () => undefined;
        await releaseAll();
        await end(contender());
        expect(struck).toBeGreaterThan(0);
        expect(leases.at(-1)?.held).toBe(true);
        const tokens = leases.map(({ token }) => token);
        expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
      },
    );
  });
});
