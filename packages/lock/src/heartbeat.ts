import { isVFSError, type Timer } from '@holdfast/vfs';
import { nonce } from './assessment.js';
import type { LossReason } from './errors/index.js';
import type { Grant } from './contender.js';
import { markOf, sameLedger, type LedgerView } from './ledger.js';
import { MtimeUpkeep } from './mtime-upkeep.js';
import type { Settings } from './options.js';
import { proceed, within } from './persistence.js';
import type { Place } from './place.js';
import { encodeRecord, type BeatRecord } from './record.js';

/** What the heart tells its lease. */
export interface Heard {
  /** A beat that began at `startedAt`, by the grant's watch, succeeded. */
  beaten(startedAt: number): void;
  /** The storage shows that the claim is ours no more. */
  lost(reason: LossReason, cause?: unknown): void;
}

/** Shows life for one claim, beat after beat, never two at a time. Rule 6. */
export class Heartbeat {
  readonly #place: Place;
  readonly #settings: Settings;
  readonly #token: number;
  readonly #grant: Grant;
  readonly #heard: Heard;
  readonly #record: BeatRecord;
  readonly #upkeep: MtimeUpkeep;
  #beats = 0;
  /** The record stands in the storage; where beats are names, it is not written again. */
  #introduced = false;
  #busyAside = false;
  #timer: Timer | undefined;
  #inFlight: Promise<void> | undefined;
  #stopped = false;

  constructor(place: Place, settings: Settings, grant: Grant, heard: Heard) {
    this.#place = place;
    this.#settings = settings;
    this.#token = grant.token;
    this.#grant = grant;
    this.#heard = heard;
    this.#record = {
      token: grant.token,
      nonce: nonce(settings.random),
      beats: 0,
      staleAfterMs: settings.staleAfterMs,
      acquiredAt: settings.clock.wall(),
      label: settings.label,
      process: settings.identity?.self,
    };
    place.known = { mark: markOf(grant.view), record: this.#record };
    this.#upkeep = new MtimeUpkeep(place, grant.token);
  }

  /** Begins. The first beat comes at once, but behind whatever the holder does first: a short hold goes without. */
  start(): void {
    this.#schedule(this.#settings.clock.monotonic());
  }

  /** No beat begins after this. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Waits for the beat in flight, if there is one, but not longer than `patienceMs`. */
  async idle(patienceMs: number): Promise<void> {
    if (this.#inFlight !== undefined) await within(this.#settings.clock, patienceMs, this.#inFlight);
  }

  /** @param at monotonic time */
  #schedule(at: number): void {
    if (this.#stopped) return;
    const { clock } = this.#settings;
    const run = (): void => {
      this.#inFlight = this.#beat().finally(() => {
        this.#inFlight = undefined;
      });
    };
    this.#timer = clock.schedule(run, Math.max(0, at - clock.monotonic()), { background: true });
  }

  async #beat(): Promise<void> {
    const { clock, heartbeatMs, emit } = this.#settings;
    const startedAt = clock.monotonic();
    const onWatch = this.#grant.watch.now();
    // Nothing may come out of a timer: an error that nobody expects is a failed beat like any other.
    const failure = await this.#tryBeat(onWatch).catch((error: unknown) => ({ error }));
    if (failure === undefined) {
      emit({ type: 'beat', token: this.#token, tookMs: clock.monotonic() - startedAt });
      this.#schedule(startedAt + heartbeatMs);
    } else {
      emit({ type: 'beat-failed', token: this.#token, error: failure.error });
      this.#schedule(clock.monotonic() + heartbeatMs / 4);
    }
  }

  /** Writes and lists, side by side: what the listing shows of others does not depend on the write. */
  async #tryBeat(startedAt: number): Promise<{ error: unknown } | undefined> {
    const { ledger } = this.#place;
    const count = this.#beats++;
    const first = count === 0; // The confirming look has only just been taken.
    const [written, looked] = await Promise.allSettled([
      ledger.beatsAreNames ? ledger.addBeat(this.#token, count) : this.#writeRecord(count),
      first ? undefined : ledger.look(),
    ]);
    const view = looked.status === 'fulfilled' ? looked.value : undefined;
    const loss = view === undefined ? undefined : lossIn(view, this.#grant);
    if (loss !== undefined) {
      this.#heard.lost(loss);
    } else if (written.status === 'rejected' && isVFSError(written.reason, 'ENOENT')) {
      this.#heard.lost('removed', written.reason);
    }
    for (const part of [written, looked]) {
      if (part.status === 'rejected') return { error: part.reason };
    }
    this.#heard.beaten(startedAt);
    this.#aside(() =>
      ledger.beatsAreNames
        ? this.#afterName(count, view)
        : this.#upkeep.afterBeat(view, this.#settings.clock.wall()),
    );
    return undefined;
  }

  /** What only people need goes beside the beats, one at a time: none of them waits for it, or fails with it. */
  #aside(work: () => Promise<void>): void {
    if (this.#busyAside) return;
    this.#busyAside = true;
    const report = (error: unknown): void => {
      if (!this.#stopped) this.#settings.emit({ type: 'storage-error', during: 'beat', error });
    };
    proceed(
      work()
        .catch(report)
        .finally(() => (this.#busyAside = false)),
    );
  }

  #writeRecord(beats: number): Promise<void> {
    return this.#place.ledger.writeBeat(this.#token, encodeRecord({ ...this.#record, beats }));
  }

  /** Says once who the holder is, and removes the names of earlier beats. */
  async #afterName(count: number, view: LedgerView | undefined): Promise<void> {
    if (!this.#introduced) {
      await this.#writeRecord(count);
      this.#introduced = true;
    }
    const past = view?.numbers.get(this.#token)?.beats.filter((beat) => beat < count) ?? [];
    await this.#place.ledger.eraseBeats(this.#token, past);
  }
}

/** Why the holder of a grant has lost it, going by a look; `undefined` if it has not. */
export function lossIn(view: LedgerView, { token, view: granted }: Grant): LossReason | undefined {
  if (!sameLedger(granted, view)) return 'removed';
  if (view.highest !== undefined && view.highest.token > token) return 'superseded';
  const own = view.numbers.get(token);
  if (own?.claim === undefined) return 'removed';
  return own.freed ? 'broken' : undefined;
}
