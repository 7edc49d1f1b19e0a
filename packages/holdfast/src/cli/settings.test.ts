import { expect, it } from 'vitest';
import { UsageError } from './failure.js';
import { parseBreak, parseRun, parseStatus } from './settings.js';

const RUN = { id: 'a', wait: true, quiet: false, command: ['true'] };

it('reads the options of each command', () => {
  expect(parseRun({ ...RUN, timeout: '2m', staleAfter: '1s' })).toMatchObject({
    timeout: 120_000,
    staleAfter: 1_000,
  });
  expect(parseStatus({ json: true, watch: false })).toStrictEqual({ json: true, watch: false });
  expect(parseBreak({ id: 'a', token: '12', yes: false })).toMatchObject({ token: 12 });
});

it.each([
  ['an empty id', { ...RUN, id: '' }],
  ['a time without a unit', { ...RUN, timeout: '5' }],
  ['a timeout for somebody who does not wait', { ...RUN, wait: false, timeout: '5s' }],
  ['an option that is not known', { ...RUN, retries: '3' }],
])('refuses %s', (_, given) => {
  expect(() => parseRun(given)).toThrow(UsageError);
});

it.each(['0', '-1', '1.5', '1e3', '0x10', '', ' 1', '9'.repeat(16)])('refuses the token %j', (token) => {
  expect(() => parseBreak({ id: 'a', token, yes: true })).toThrow(UsageError);
});
