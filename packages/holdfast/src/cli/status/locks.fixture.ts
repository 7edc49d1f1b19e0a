import type { ClaimInfo, LockInfo } from '@holdfast/lock';

/** What would drive a terminal, or hide in it. */
export const HOSTILE = 'a\u001B[31m\r\n\u0000\u009B2J\u202Egnp\u200B"\\🔒\u{E0041}';
export const RAW: RegExp = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

export const CLAIM: ClaimInfo = {
  token: 7,
  mode: 'exclusive',
  permits: undefined,
  holder: { host: HOSTILE, pid: 4711, label: HOSTILE },
  since: new Date(60_000),
  lastBeat: new Date(99_000),
  ageMs: 1_000.4,
  windowMs: 10_000,
  state: 'alive',
};

/** Held by one, with two waiting, and hostile wherever text may stand. */
export const LOCK: LockInfo = {
  id: HOSTILE,
  kind: 'lock',
  permits: undefined,
  state: 'held',
  holders: [CLAIM],
  waiters: [
    { ...CLAIM, token: 8 },
    { ...CLAIM, token: 9, mode: 'shared', state: 'suspect' },
  ],
  ignored: [HOSTILE],
};

export const FREE: LockInfo = {
  id: 'a',
  kind: 'lock',
  permits: undefined,
  state: 'free',
  holders: [],
  waiters: [],
  ignored: [],
};
