import type { ClaimInfo } from '@holdfast/lock';
import { messageOf } from '../failure.js';
import type { LockStatus } from './lock-status.js';

/** One claim in the output of `holdfast status --json`. */
export interface ClaimJSON {
  readonly token: number;
  readonly mode: 'exclusive' | 'shared';
  /** `null`: its owner has not said who it is. */
  readonly holder: {
    readonly host: string | null;
    readonly pid: number | null;
    readonly label: string | null;
  } | null;
  /** ISO 8601, by the owner's clock: when it asked. */
  readonly since: string | null;
  /** Milliseconds from then to now by this machine's clock. */
  readonly sinceAgeMs: number | null;
  /** ISO 8601, by the storage's clock. */
  readonly lastBeat: string | null;
  /** Below 0 where this machine's clock is behind the storage's. */
  readonly lastBeatAgeMs: number | null;
  /** For how long it must be seen unchanged before others may pass it. */
  readonly windowMs: number;
  /**
   * `suspect`: its last sign of life is older than the window, by the clocks at hand. `detached`: nobody keeps it alive
   * until somebody attaches to it.
   */
  readonly state: 'alive' | 'suspect' | 'detached';
}

/** One lock in the output of `holdfast status --json`. Fields may be added, never removed or given another meaning. */
export interface LockJSON {
  readonly id: string;
  /** `suspect`: none of those that hold it looks alive. */
  readonly state: 'free' | 'held' | 'suspect' | 'unreadable';
  readonly holders: readonly ClaimJSON[];
  /** Who waits, in order. */
  readonly waiters: readonly ClaimJSON[];
  /** What stands in its directory and is nobody's. It does no harm. */
  readonly ignored: readonly string[];
  /** Why it cannot be read; `null` if it can. */
  readonly error: string | null;
}

/** The whole output of `holdfast status --json`. */
export interface StatusJSON {
  /** The URL of the place, without credentials. */
  readonly place: string;
  /** When it was looked at: ISO 8601, by this machine's clock. */
  readonly at: string;
  readonly locks: readonly LockJSON[];
}

export function statusJSON(place: string, locks: readonly LockStatus[], now: number): StatusJSON {
  return { place, at: new Date(now).toISOString(), locks: locks.map((lock) => lockJSON(lock, now)) };
}

function lockJSON(lock: LockStatus, now: number): LockJSON {
  const { id, state } = lock;
  if (lock.state === 'unreadable') {
    return { id, state, holders: [], waiters: [], ignored: [], error: messageOf(lock.error) };
  }
  const toJSON = (claim: ClaimInfo): ClaimJSON => claimJSON(claim, now);
  const { holders, waiters, ignored } = lock;
  return { id, state, holders: holders.map(toJSON), waiters: waiters.map(toJSON), ignored, error: null };
}

function claimJSON(claim: ClaimInfo, now: number): ClaimJSON {
  const { token, mode, holder, since, lastBeat, ageMs, windowMs, state } = claim;
  return {
    token,
    mode,
    holder:
      holder === undefined
        ? null
        : { host: holder.host ?? null, pid: holder.pid ?? null, label: holder.label ?? null },
    since: since?.toISOString() ?? null,
    sinceAgeMs: since === undefined ? null : Math.round(now - since.getTime()),
    lastBeat: lastBeat?.toISOString() ?? null,
    lastBeatAgeMs: ageMs === undefined ? null : Math.round(ageMs),
    windowMs,
    state,
  };
}

/**
 * JSON in which everything that could drive a terminal is written as an escape of JSON itself, so that whoever parses
 * it gets the very text that the storage holds.
 *
 * @param indent blanks a level; 0 for a single line
 */
export function safeJSON(value: unknown, indent = 0): string {
  return JSON.stringify(value, undefined, indent).replaceAll(
    /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu,
    (character) =>
      Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at))}`).join(''),
  );
}

function hex(unit: number): string {
  return unit.toString(16).padStart(4, '0');
}
