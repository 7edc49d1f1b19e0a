import type { LockInfo } from '@holdfast/lock';

/** One lock in the output of `holdfast status --json`. Fields may be added, never removed or given another meaning. */
export interface LockJSON {
  readonly id: string;
  /** `suspect`: held, but its last sign of life is older than the window by the clocks at hand. */
  readonly state: 'free' | 'held' | 'suspect';
  /** `null`: it was never claimed. */
  readonly token: number | null;
  /** `null`: it is free, or its holder has not said who it is. */
  readonly holder: {
    readonly host: string | null;
    readonly pid: number | null;
    readonly label: string | null;
  } | null;
  /** ISO 8601, by the holder's clock. */
  readonly since: string | null;
  readonly heldForMs: number | null;
  /** ISO 8601, by the storage's clock. */
  readonly lastBeat: string | null;
  /** Below 0 where this machine's clock is behind the storage's. */
  readonly lastBeatAgeMs: number | null;
  /** For how long the holder must be seen unchanged before others may take over. 0: nobody has said. */
  readonly windowMs: number;
}

/** The whole output of `holdfast status --json`. */
export interface StatusJSON {
  /** The URL of the place, without credentials. */
  readonly place: string;
  /** When it was looked at: ISO 8601, by this machine's clock. */
  readonly at: string;
  readonly locks: readonly LockJSON[];
}

export function statusJSON(place: string, locks: readonly LockInfo[], now: number): StatusJSON {
  return { place, at: new Date(now).toISOString(), locks: locks.map((lock) => lockJSON(lock, now)) };
}

function lockJSON(lock: LockInfo, now: number): LockJSON {
  const { id, state, token, holder, since, lastBeat, ageMs, windowMs } = lock;
  return {
    id,
    state,
    token: token ?? null,
    holder:
      holder === undefined
        ? null
        : { host: holder.host ?? null, pid: holder.pid ?? null, label: holder.label ?? null },
    since: since?.toISOString() ?? null,
    heldForMs: since === undefined ? null : Math.round(now - since.getTime()),
    lastBeat: lastBeat?.toISOString() ?? null,
    lastBeatAgeMs: ageMs === undefined ? null : Math.round(ageMs),
    windowMs,
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
