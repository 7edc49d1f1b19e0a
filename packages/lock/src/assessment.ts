import type { Clock } from '@holdfast/vfs';
import type { HeldClaim } from './holder.js';
import { basisIn, markOf, type Basis, type LedgerNumber, type LedgerView, type ReadBeat } from './ledger.js';
import type { Settings } from './options.js';
import { pause } from './persistence.js';
import type { Place } from './place.js';
import { holderOf, type BeatRecord } from './record.js';

/** What is to be thought of the highest number, `token`. */
export type Assessment =
  | { readonly state: 'free'; readonly token: number; readonly basis: Basis }
  | {
      readonly state: 'alive';
      readonly token: number;
      readonly claim: HeldClaim;
      /** What was seen of the holder; another one at the next look shows that it lives. */
      readonly version: string | undefined;
      /** How much longer it must stay as it is to count as stale. */
      readonly remainingMs: number;
    }
  | {
      readonly state: 'stale';
      readonly token: number;
      readonly basis: Basis;
      readonly claim: HeldClaim;
      readonly why: 'unchanged' | 'dead';
    };

/**
 * Judges the highest number of `view`, and remembers what was seen of it.
 *
 * Rule 5: stale is what did not change for a whole window on this process's monotonic clock, or whose holder is a
 * process of this host that is proved dead. Both judgements stay true for ever, so nothing is lost by acting on them
 * late.
 */
export async function assess(
  place: Place,
  settings: Settings,
  view: LedgerView,
  signal?: AbortSignal,
): Promise<Assessment> {
  const first = await judge(place, settings, view, signal);
  if (first.state !== 'stale' || first.why === 'dead') return first;
  const renewed = await renewedView(place, settings, signal);
  return renewed === undefined ? first : judge(place, settings, renewed, signal);
}

/**
 * A view that is surely not from a cache; `undefined` where listings never are. A client of a network filesystem may
 * answer from one until the directory's mtime moves, and miss what changed within the same tick of the server's clock
 * (seen on NFSv3). An own change of the directory moves it.
 */
export async function renewedView(
  place: Place,
  settings: Settings,
  signal?: AbortSignal,
): Promise<LedgerView | undefined> {
  if (!place.ledger.beatsAreNames) return undefined;
  await place.ledger.stir(nonce(settings.random), signal);
  return place.ledger.look(signal);
}

async function judge(
  place: Place,
  settings: Settings,
  view: LedgerView,
  signal: AbortSignal | undefined,
): Promise<Assessment> {
  const number = view.highest;
  const basis = basisIn(view);
  if (number === undefined || number.freed) return { state: 'free', token: basis.token, basis };

  const { token } = number;
  const mark = markOf(view);
  const { version, record } = await look(place, mark, number, settings.clock, signal);
  const claim = heldClaim(token, record);
  const windowMs = Math.max(view.windowMs, settings.staleAfterMs);
  const endedAt = settings.clock.monotonic();
  const unchangedMs = place.observer.note(token, version, view.begunAt, endedAt, 2 * windowMs);

  const process = record?.process;
  if (process !== undefined && settings.identity !== undefined && (await settings.identity.isDead(process))) {
    return { state: 'stale', token, basis, claim, why: 'dead' };
  }
  return unchangedMs >= windowMs
    ? { state: 'stale', token, basis, claim, why: 'unchanged' }
    : { state: 'alive', token, claim, version, remainingMs: windowMs - unchangedMs };
}

/** The record of `number`, if one was read before or can be now. */
export async function recordOf(
  place: Place,
  mark: string,
  number: LedgerNumber,
  clock: Clock,
  signal?: AbortSignal,
): Promise<BeatRecord | undefined> {
  const known = knownRecord(place, mark, number.token);
  if (known !== undefined) return known;
  if (number.beats.length === 0) return (await readBeat(place, mark, number, signal))?.record;
  await introduced(place, mark, number, clock);
  return knownRecord(place, mark, number.token);
}

/** How long a look waits to learn who the holder is, where that may hang, in milliseconds. */
const INTRODUCTION_MS = 500;

/**
 * Has the record of a holder read whose beats are names. Only people, and the proof that a process of this host is dead,
 * need it. So a read that hangs is not waited for, and one that failed is not tried again: more of them would take the
 * places of calls that matter.
 */
async function introduced(place: Place, mark: string, number: LedgerNumber, clock: Clock): Promise<void> {
  const { token } = number;
  if (place.introduction?.mark === mark && place.introduction.token === token) return;
  const introduction = { mark, token };
  place.introduction = introduction;
  const read = readBeat(place, mark, number, undefined).then(
    () => {
      // What is not there yet, or was read while it was written, may be whole the next time.
      if (place.introduction === introduction) place.introduction = undefined;
    },
    () => undefined,
  );
  await Promise.race([read, pause(clock, INTRODUCTION_MS)]);
}

function knownRecord({ known }: Place, mark: string, token: number): BeatRecord | undefined {
  return known?.mark === mark && known.record.token === token ? known.record : undefined;
}

async function readBeat(
  place: Place,
  mark: string,
  number: LedgerNumber,
  signal: AbortSignal | undefined,
): Promise<ReadBeat | undefined> {
  const beat = await place.ledger.readBeat(number, signal);
  if (beat?.record !== undefined) place.known = { mark, record: beat.record };
  return beat;
}

export function heldClaim(token: number, record: BeatRecord | undefined): HeldClaim {
  return {
    token,
    holder: record === undefined ? undefined : holderOf(record),
    since: record === undefined ? undefined : new Date(record.acquiredAt),
  };
}

/** The claim of this process's own lease, if it holds one. */
export function ourClaim({ holder, known }: Place): HeldClaim | undefined {
  if (holder?.held !== true) return undefined;
  return heldClaim(holder.token, known?.record.token === holder.token ? known.record : undefined);
}

async function look(
  place: Place,
  mark: string,
  number: LedgerNumber,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<{ version: string | undefined; record: BeatRecord | undefined }> {
  if (number.beat === undefined && number.beats.length === 0) return { version: mark, record: undefined };
  if (number.beats.length > 0 || place.ledger.vfs.capabilities.listing === 'versions') {
    const record = await recordOf(place, mark, number, clock, signal);
    return { version: versionOf(mark, number), record };
  }
  const beat = await readBeat(place, mark, number, signal);
  // Listed but not to be opened: a mount may say so of what is there (NFS, for half a minute). It proves nothing.
  const version = beat === undefined ? undefined : `${mark} ${beat.content}`;
  return { version, record: beat?.record ?? knownRecord(place, mark, number.token) };
}

function versionOf(mark: string, { beat, beats }: LedgerNumber): string {
  const { type, size, mtimeMs, etag } = beat ?? {};
  return [mark, type, size, mtimeMs, etag, ...beats].map((part) => part ?? '').join(' ');
}

/** Ten characters out of `random`: enough that two contenders do not meet. */
export function nonce(random: () => number): string {
  return Array.from({ length: 10 }, () => Math.floor(random() * 36).toString(36)).join('');
}
