import { expect, it } from 'vitest';
import { UsageError } from './failure.js';
import { parseBreak, parseRun, parseStatus } from './settings.js';

const RUN = { id: 'a', wait: true, quiet: false, command: ['true'] };

function faultOf(given: object): string {
  try {
    parseRun({ ...RUN, ...given });
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return '';
}

it('reads the options of each command', () => {
  expect(parseRun({ ...RUN, timeout: '2m', staleAfter: '1s' })).toMatchObject({
    timeout: 120_000,
    staleAfter: 1_000,
  });
  expect(parseStatus({ json: true, watch: false })).toStrictEqual({
    id: [],
    exitStatus: false,
    json: true,
    watch: false,
  });
  expect(parseBreak({ id: 'a', token: '12', yes: false })).toMatchObject({ token: 12 });
});

it.each([
  ['an empty id', { ...RUN, id: '' }],
  ['a time in no unit', { ...RUN, timeout: '5x' }],
  ['permits that are shared', { ...RUN, permits: '2', shared: true }],
  ['no permits', { ...RUN, permits: '0' }],
  ['a status that no program can end with', { ...RUN, conflictStatus: '256' }],
  ['a command beside one for a shell', { ...RUN, shell: 'a | b' }],
  ['neither a command nor one for a shell', { ...RUN, command: [] }],
  ['an empty command for a shell', { ...RUN, command: [], shell: '' }],
  ['a timeout for somebody who does not wait', { ...RUN, wait: false, timeout: '5s' }],
  ['an option that is not known', { ...RUN, retries: '3' }],
  ['a window that no lock can keep', { ...RUN, staleAfter: '10ms' }],
  ['an id that no storage can name', { ...RUN, id: 'x'.repeat(500) }],
  ['a label that is a book', { ...RUN, label: 'x'.repeat(513) }],
  ['a variable that is passed anyway', { ...RUN, passEnv: 'HOLDFAST_URL,PATH' }],
  ['what should have been the command', { ...RUN, passEnv: './deploy.sh' }],
])('refuses %s', (_, given) => {
  expect(() => parseRun(given)).toThrow(UsageError);
});

it.each(['0', '-1', '1.5', '1e3', '0x10', '', ' 1', '9'.repeat(16)])('refuses the token %j', (token) => {
  expect(() => parseBreak({ id: 'a', token, yes: true })).toThrow(UsageError);
});

it('names the option as it is typed, and repeats what was given for it', () => {
  expect(faultOf({ staleAfter: '5x' })).toContain('--stale-after');
  expect(faultOf({ staleAfter: '5x' })).toContain('"5x"');
  expect(faultOf({ id: 'x'.repeat(500) })).toContain('xxx…"');
});

it.each([
  ['nothing', {}, false],
  ['everything', { passEnv: true }, true],
  [
    'what is named',
    { passEnv: 'HOLDFAST_URL,HOLDFAST_SFTP_PASSWORD' },
    ['HOLDFAST_URL', 'HOLDFAST_SFTP_PASSWORD'],
  ],
])('passes %s of its own variables on', (_, given, passEnv) => {
  expect(parseRun({ ...RUN, ...given })).toMatchObject({ passEnv });
});
