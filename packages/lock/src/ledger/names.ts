/**
 * The names in a ledger, with N a number of sixteen digits:
 *
 *     N.origin           the ledger begins above N; never removed by us
 *     N.floor            numbers up to and including N are closed
 *     N                  a claim; its number is the fencing token
 *     N.beat.MS          its heartbeat; its holder works with staleAfterMs = MS
 *     N.beat.MS.K        its heartbeat number K, where a beat is a new name (mounts)
 *     N.shared           it is a shared claim
 *     N.takes.W          it takes W permits of a semaphore
 *     N.value.K          what its holder publishes, for the Kth time (elections)
 *     N.free             it is over: released, given up, broken, or passed
 *     N.detached.K.MS    it was handed out K times; nobody beats, and it lives for MS
 *     N.attached.K       somebody took it up again after the Kth time, or passed it
 *     permits.P          the ledger is that of a semaphore of P permits
 *     edition.E          reserved: the ledger is that of a later edition of the protocol
 *     look.k3x9          made and removed at once by a contender that wants a fresh listing
 */
export type LedgerName =
  | { readonly kind: 'origin' | 'floor'; readonly number: number }
  | NumberedName
  | { readonly kind: 'permits'; readonly permits: number }
  | { readonly kind: 'refresh' }
  /** Of another edition of the protocol, which cannot be mixed with this one. */
  | { readonly kind: 'other-edition'; readonly edition: 'first' | 'later' };

/** What belongs to one claim. */
export type NumberedName =
  | { readonly kind: 'claim' | 'free' | 'shared'; readonly number: number }
  | { readonly kind: 'takes'; readonly number: number; readonly permits: number }
  | {
      readonly kind: 'beat';
      readonly number: number;
      readonly windowMs: number;
      /** `undefined` where the heartbeat is one file that is rewritten. */
      readonly beat: number | undefined;
    }
  | {
      readonly kind: 'detached';
      readonly number: number;
      readonly attempt: number;
      readonly windowMs: number;
    }
  | { readonly kind: 'attached'; readonly number: number; readonly attempt: number }
  | { readonly kind: 'value'; readonly number: number; readonly sequence: number };

/** Numbers above it are nobody's: they leave no room for those to come. */
export const HIGHEST_NUMBER = 8_999_999_999_999_999;

/** The longest `staleAfterMs`, one day. What the storage shows beyond it is no setting of ours. */
export const LONGEST_WINDOW_MS = 86_400_000;

/** The longest life of a detached claim, thirty days. */
export const LONGEST_TTL_MS = 2_592_000_000;

/** The most permits that a semaphore can have. */
export const MOST_PERMITS = 1_000_000;

const DIGITS = 16;

export function claimName(number: number): string {
  return String(number).padStart(DIGITS, '0');
}

export function markName(number: number, mark: 'origin' | 'floor' | 'free' | 'shared'): string {
  return `${claimName(number)}.${mark}`;
}

export function takesName(number: number, permits: number): string {
  return `${claimName(number)}.takes.${permits}`;
}

export function permitsName(permits: number): string {
  return `permits.${permits}`;
}

/** @param beat a whole number, from 0 up to a billion: a beat each second for thirty years */
export function beatName(number: number, windowMs: number, beat?: number): string {
  const name = `${claimName(number)}.beat.${windowMs}`;
  return beat === undefined ? name : `${name}.${beat}`;
}

export function detachedName(number: number, attempt: number, ttlMs: number): string {
  return `${claimName(number)}.detached.${attempt}.${ttlMs}`;
}

export function valueName(number: number, sequence: number): string {
  return `${claimName(number)}.value.${sequence}`;
}

export function attachedName(number: number, attempt: number): string {
  return `${claimName(number)}.attached.${attempt}`;
}

export function refreshName(nonce: string): string {
  return `look.${nonce}`;
}

/** Most names of which it is remembered what they mean: a short lease meets each of its ledger's some ten times. */
const MOST_KNOWN = 512;
const known = new Map<string, LedgerName>();

/** What `name` means in a ledger; `undefined` for what is nobody's, which is then left alone. */
export function parseLedgerName(name: string): LedgerName | undefined {
  const meaning = known.get(name);
  if (meaning !== undefined) return meaning;
  const parsed = parse(name);
  if (parsed === undefined) return undefined;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(name, parsed);
  return parsed;
}

function parse(name: string): LedgerName | undefined {
  const digits = countDigits(name);
  if (digits === DIGITS) {
    const number = Number(name.slice(0, DIGITS));
    if (number < 1 || number > HIGHEST_NUMBER) return undefined;
    if (name.length === DIGITS) return { kind: 'claim', number };
    return name.charCodeAt(DIGITS) === DOT ? parseMark(name.slice(DIGITS + 1), number) : undefined;
  }
  if (digits > 0) return FIRST_EDITION.test(name) ? { kind: 'other-edition', edition: 'first' } : undefined;
  if (name.startsWith('look.')) return /^look\.[a-z0-9]{1,32}$/.test(name) ? { kind: 'refresh' } : undefined;
  const permits = /^permits\.([1-9]\d{0,6})$/.exec(name);
  if (permits !== null) {
    const count = Number(permits[1]);
    return count <= MOST_PERMITS ? { kind: 'permits', permits: count } : undefined;
  }
  if (/^edition\.\d{1,6}$/.test(name)) return { kind: 'other-edition', edition: 'later' };
  if (/^window\.[1-9]\d{0,8}\.[a-z0-9]{1,32}$/.test(name)) return { kind: 'other-edition', edition: 'first' };
  return undefined;
}

const FIRST_EDITION = /^\d{12,15}(?:\.(?:beat(?:\.\d+)?|free))?$/;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** How many digits `name` begins with, as far as that matters. */
function countDigits(name: string): number {
  let at = 0;
  while (at <= DIGITS && name.charCodeAt(at) >= ZERO && name.charCodeAt(at) <= NINE) at++;
  return at;
}

function parseMark(mark: string, number: number): LedgerName | undefined {
  if (mark === 'free' || mark === 'floor' || mark === 'origin' || mark === 'shared')
    return { kind: mark, number };
  const parts = /^(beat|takes|value|detached|attached)\.(0|[1-9]\d{0,9})(?:\.(0|[1-9]\d{0,9}))?$/.exec(mark);
  if (parts === null) return undefined;
  const first = Number(parts[2]);
  const second = parts[3] === undefined ? undefined : Number(parts[3]);
  switch (parts[1]) {
    case 'beat':
      if (first < 1 || first > LONGEST_WINDOW_MS) return undefined;
      return { kind: 'beat', number, windowMs: first, beat: second };
    case 'takes':
      if (first < 1 || first > MOST_PERMITS || second !== undefined) return undefined;
      return { kind: 'takes', number, permits: first };
    case 'value':
      return second === undefined ? { kind: 'value', number, sequence: first } : undefined;
    case 'detached':
      if (first < 1 || second === undefined || second < 1 || second > LONGEST_TTL_MS) return undefined;
      return { kind: 'detached', number, attempt: first, windowMs: second };
    default:
      if (first < 1 || second !== undefined) return undefined;
      return { kind: 'attached', number, attempt: first };
  }
}
