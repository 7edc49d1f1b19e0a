/**
 * The names in a ledger:
 *
 *     000000000041        a claim; its number is the fencing token
 *     000000000041.beat   the heartbeat of that claim's holder
 *     000000000041.beat.7 its heartbeat number 7, where a beat is a new name
 *     000000000041.free   that claim was released, or broken
 *     window.10000.k3x9   somebody who claims here works with staleAfterMs = 10000; the rest tells this ledger from
 *                         one of the same path that was removed
 *     look.k3x9           made and removed at once by a contender that wants a fresh view
 */
export type LedgerName =
  | { readonly kind: 'claim' | 'beat' | 'free'; readonly token: number }
  | { readonly kind: 'numbered-beat'; readonly token: number; readonly count: number }
  | { readonly kind: 'window'; readonly ms: number; readonly nonce: string }
  | { readonly kind: 'look' };

/** The highest number a ledger can come to. At a thousand claims a second, thirty thousand years. */
export const LAST_TOKEN = 999_999_999_999_999;

/** The longest `staleAfterMs`, one day. What the storage shows beyond it is no setting of ours. */
export const LONGEST_WINDOW_MS = 86_400_000;

export function claimName(token: number): string {
  return String(token).padStart(12, '0');
}

export function beatName(token: number): string {
  return `${claimName(token)}.beat`;
}

/** @param count a whole number, from 0 up to a billion: a beat each second for thirty years */
export function numberedBeatName(token: number, count: number): string {
  return `${beatName(token)}.${count}`;
}

export function freeName(token: number): string {
  return `${claimName(token)}.free`;
}

export function windowName(ms: number, nonce: string): string {
  return `window.${ms}.${nonce}`;
}

export function lookName(nonce: string): string {
  return `look.${nonce}`;
}

/** What `name` means in a ledger; `undefined` for anything that is not ours, which is then left alone. */
export function parseLedgerName(name: string): LedgerName | undefined {
  const numbered = /^(\d{12,15})(?:\.(beat|free))?$/.exec(name);
  if (numbered !== null) {
    const token = Number(numbered[1]);
    const kind = numbered[2] === 'beat' || numbered[2] === 'free' ? numbered[2] : 'claim';
    return token > 0 && claimName(token) === numbered[1] ? { kind, token } : undefined;
  }
  const beat = /^(\d{12,15})\.beat\.(0|[1-9]\d{0,8})$/.exec(name);
  if (beat !== null) {
    const token = Number(beat[1]);
    const known = token > 0 && claimName(token) === beat[1];
    return known ? { kind: 'numbered-beat', token, count: Number(beat[2]) } : undefined;
  }
  const window = /^window\.([1-9]\d{0,8})\.([a-z0-9]{1,32})$/.exec(name);
  if (window !== null) {
    const ms = Number(window[1]);
    return ms <= LONGEST_WINDOW_MS ? { kind: 'window', ms, nonce: window[2] ?? '' } : undefined;
  }
  return /^look\.[a-z0-9]{1,32}$/.test(name) ? { kind: 'look' } : undefined;
}
