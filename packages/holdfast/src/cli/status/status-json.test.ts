import type { LockInfo } from '@holdfast/lock';
import { expect, it } from 'vitest';
import { safeJSON, statusJSON } from './status-json.js';
import { lockTable } from './table.js';

const HOSTILE = 'a\u001B[31m\r\n\u0000\u009B2J\u202Egnp\u200B"\\🔒\u{E0041}';
const LOCK: LockInfo = {
  id: HOSTILE,
  state: 'held',
  token: 7,
  holder: { host: HOSTILE, pid: 4711, label: HOSTILE },
  since: new Date(60_000),
  lastBeat: new Date(99_000),
  ageMs: 1_000.4,
  windowMs: 10_000,
};
const RAW = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

it('prints every text of the storage as it is to whoever parses the JSON, and harmless to a terminal', () => {
  const text = safeJSON(statusJSON('file:///x', [LOCK], 100_000), 2);
  expect(text.replaceAll('\n', '')).not.toMatch(RAW);
  expect(JSON.parse(text)).toStrictEqual({
    place: 'file:///x',
    at: '1970-01-01T00:01:40.000Z',
    locks: [
      {
        id: HOSTILE,
        state: 'held',
        token: 7,
        holder: { host: HOSTILE, pid: 4711, label: HOSTILE },
        since: '1970-01-01T00:01:00.000Z',
        heldForMs: 40_000,
        lastBeat: '1970-01-01T00:01:39.000Z',
        lastBeatAgeMs: 1_000,
        windowMs: 10_000,
      },
    ],
  });
});

it('has null for what is not known', () => {
  const { locks } = statusJSON('memory:x', [{ id: 'a', state: 'free', windowMs: 0 }], 0);
  expect(locks).toStrictEqual([
    {
      id: 'a',
      state: 'free',
      token: null,
      holder: null,
      since: null,
      heldForMs: null,
      lastBeat: null,
      lastBeatAgeMs: null,
      windowMs: 0,
    },
  ]);
});

it('keeps a table within the terminal, one line a lock, whatever the storage holds', () => {
  for (const columns of [undefined, 120, 60, 20]) {
    const lines = lockTable([LOCK, { ...LOCK, id: 'x'.repeat(200) }], 100_000, {
      columns,
      colours: false,
    }).split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(line).not.toMatch(RAW);
      expect(Array.from(line).length).toBeLessThanOrEqual(columns ?? Infinity);
    }
  }
});
