import { describe, expect, test } from 'vitest';
import { killerIn, RunError, type TestRun } from '../../scripts/mutants/verdict.mjs';

const OWN = '/tree/packages/';

/** A run of the tests on a mutant in which all was well, but for what is said. */
function run(changes: Partial<TestRun> = {}, report: Partial<NonNullable<TestRun['report']>> = {}): TestRun {
  const nothing = { tests: 12, failed: [], unloaded: [], unhandled: [] };
  return { status: 0, signal: null, stderr: '', report: { ...nothing, ...report }, ...changes };
}

describe('a run of the tests on a mutant', () => {
  test('leaves it alive if they all pass', () => {
    expect(killerIn(run(), [OWN])).toBeUndefined();
  });

  test('kills it if a test fails, whatever else goes wrong then', () => {
    const failed = [{ file: 'lease.test.ts', name: 'a lease ends' }];
    const unloaded = [{ file: 'lock.test.ts', message: 'cancelled' }];
    expect(killerIn(run({ status: 1 }, { failed, unloaded }), [OWN])).toContain('a lease ends');
  });

  test('kills it if it throws where nobody listens', () => {
    const unhandled = [
      { message: 'a defect', stack: `Error: a defect\n    at ${OWN}lock/src/heartbeat.ts:1:1` },
    ];
    expect(killerIn(run({ status: 1 }, { unhandled }), [OWN])).toContain('a defect');
  });

  test.each<[string, TestRun]>([
    ['broke off', run({ status: null, signal: 'SIGKILL', report: undefined })],
    ['told nothing', run({ status: 1, report: undefined })],
    ['had no test to run', run({ status: 1 }, { tests: 0 })],
    ['had nothing to run and minded not', run({}, { tests: 0 })],
    [
      'could not load a test',
      run({ status: 1 }, { unloaded: [{ file: 'lock.test.ts', message: 'no such module' }] }),
    ],
    [
      'lost a worker',
      run(
        { status: 1 },
        { unhandled: [{ message: 'Worker exited', stack: 'Error\n    at /tree/node_modules/x.js:1:1' }] },
      ),
    ],
    ['ended badly without a reason', run({ status: 1 })],
  ])('says nothing of it if it %s', (_, broken) => {
    expect(() => killerIn(broken, [OWN])).toThrow(RunError);
  });
});
