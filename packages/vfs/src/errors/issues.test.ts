import { expect, test } from 'vitest';
import { describeIssues } from './issues.js';

test('all faults are told on one line, each with the option that has it', () => {
  const issues = [
    { path: ['tls', 'ca', 0], message: 'expected string' },
    { path: [], message: 'Unrecognized key: "hots"' },
  ];
  expect(describeIssues({ issues })).toBe('tls.ca.0: expected string; Unrecognized key: "hots"');
});
