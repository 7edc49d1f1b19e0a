import { VFSError } from '@holdfast/vfs';
import { expect, it } from 'vitest';
import { CLAIM, FREE, HOSTILE, LOCK, RAW } from './locks.fixture.js';
import { safeJSON, statusJSON } from './status-json.js';

const HOLDER = { host: HOSTILE, pid: 4711, label: HOSTILE };

it('prints every text of the storage as it is to whoever parses the JSON, and harmless to a terminal', () => {
  const text = safeJSON(statusJSON('file:///x', [LOCK], 100_000), 2);
  expect(text.replaceAll('\n', '')).not.toMatch(RAW);
  const claim = {
    mode: 'exclusive',
    holder: HOLDER,
    since: '1970-01-01T00:01:00.000Z',
    sinceAgeMs: 40_000,
    lastBeat: '1970-01-01T00:01:39.000Z',
    lastBeatAgeMs: 1_000,
    windowMs: 10_000,
  };
  expect(JSON.parse(text)).toStrictEqual({
    place: 'file:///x',
    at: '1970-01-01T00:01:40.000Z',
    locks: [
      {
        id: HOSTILE,
        state: 'held',
        holders: [{ token: 7, state: 'alive', ...claim }],
        waiters: [
          { token: 8, state: 'alive', ...claim },
          { token: 9, state: 'suspect', ...claim, mode: 'shared' },
        ],
        ignored: [HOSTILE],
        error: null,
      },
    ],
  });
});

it('has null for what is not known', () => {
  const unknown = { holder: undefined, since: undefined, lastBeat: undefined, ageMs: undefined };
  const { locks } = statusJSON(
    'memory:x',
    [{ ...LOCK, holders: [{ ...CLAIM, ...unknown }], waiters: [] }],
    0,
  );
  expect(locks[0]?.holders[0]).toMatchObject({
    holder: null,
    since: null,
    sinceAgeMs: null,
    lastBeat: null,
    lastBeatAgeMs: null,
  });
});

it('has nobody for a lock that is free, and a reason for one that cannot be read', () => {
  const error = new VFSError({ code: 'EACCES', op: 'ls', path: '/lockfile-b', adapter: 'local' });
  const { locks } = statusJSON('memory:x', [FREE, { id: 'b', kind: 'lock', state: 'unreadable', error }], 0);
  expect(locks).toMatchObject([
    { id: 'a', state: 'free', holders: [], waiters: [], error: null },
    { id: 'b', state: 'unreadable', holders: [], waiters: [], error: error.message },
  ]);
});
