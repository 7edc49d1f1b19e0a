import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const FILE = fileURLToPath(new URL('under-node-test.mjs', import.meta.url));

function underNodeTest(env: Record<string, string>): {
  status: number | null;
  count: (what: string) => number;
} {
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...rest } = process.env;
  const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', FILE], {
    env: { ...rest, ...env },
    encoding: 'utf8',
  });
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1]);
  return { status, count };
}

test('the conformance suite runs under node:test, and names what it could not show', () => {
  const { status, count } = underNodeTest({});
  expect([status, count('fail')]).toEqual([0, 0]);
  expect(count('pass')).toBeGreaterThan(90);
  expect(count('skipped')).toBe(10);
});

test('the conformance suite fails under node:test on an adapter with a defect', () => {
  const { status, count } = underNodeTest({ BROKEN: '1' });
  expect(status).toBe(1);
  expect(count('fail')).toBeGreaterThan(0);
});
