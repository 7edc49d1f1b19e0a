import { isVFSError, type Timer } from '@holdfast/vfs';
import type { LossReason } from '../errors/index.js';
import {
  encodeBeat,
  encodeRecord,
  lossIn,
  type Claim,
  type ClaimRecord,
  type Look,
} from '../ledger/index.js';
import type { LockState } from '../lock-state.js';
import { firstTrustMs, type Settings } from '../options.js';
import { detach, stopwatchOf, waitAtMost } from '../time/index.js';
import { beatTimesOf } from './beat-times.js';
import { MtimeUpkeep } from './mtime-upkeep.js';
import { OwnBeats } from './own-beats.js';

/** What the heartbeat tells the claim that it keeps alive. */
export interface HeartbeatListener {
  /** Whether the lease still runs, by the clocks. */
  readonly alive: boolean;
  /** Milliseconds for which it may still be trusted. */
  readonly remainingMs: number;
  /** A beat that began at `startedAt`, by the stopwatch, is good. */
  onBeat(startedAt: number): void;
  /** The storage shows that the claim is lost. */
  onLoss(reason: LossReason, cause?: unknown): void;
}

/** Longest milliseconds until the first beat: what is released or granted before goes without. */
const FIRST_BEAT_MS = 100;

/** Longest milliseconds that the end of a claim waits for the beat in flight. */
const IN_FLIGHT_MS = 1_000;

/** Shows life for one claim, waiting or granted. Rule 6. */
export class Heartbeat {
  readonly #state: LockState;
  readonly #settings: Settings;
  readonly #claim: Claim;
  readonly #listener: HeartbeatListener;
  readonly #record: ClaimRecord;
  /** Most claims are over before their first beat: what only beats need is made when one does. */
  #parts: { readonly encoded: string; readonly own: OwnBeats; readonly upkeep: MtimeUpkeep } | undefined;
  readonly #inFlight = new Set<Promise<void>>();
  #next: number;
  #good = false;
  /** Where beats are names of their own: the record stands in the storage, and is not written again. */
  #introduced = false;
  #busyAside = false;
  #timer: Timer | undefined;
  #controller: AbortController | undefined;
  #stopped = false;

  /** @param firstBeat the number of the first beat: 0 for a new claim */
  constructor(
    state: LockState,
    settings: Settings,
    { claim, record, firstBeat }: { claim: Claim; record: ClaimRecord; firstBeat: number },
    listener: HeartbeatListener,
  ) {
    this.#state = state;
    this.#settings = settings;
    this.#claim = claim;
    this.#listener = listener;
    this.#record = record;
    this.#next = firstBeat;
  }

  start(): void {
    beatTimesOf(this.#settings.clock).begin();
    this.#schedule(Math.min(this.#settings.heartbeatMs / 20, FIRST_BEAT_MS), () => this.#begin());
  }

  /** No beat begins after this; what is in flight is no longer waited for by the beat itself. */
  stop(): void {
    if (!this.#stopped) beatTimesOf(this.#settings.clock).end();
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Whether a beat is in flight. */
  get busy(): boolean {
    return this.#inFlight.size > 0;
  }

  /** Waits, not for long, until no beat is in flight. */
  async idle(): Promise<void> {
    if (!this.busy) return;
    const { clock, heartbeatMs } = this.#settings;
    await waitAtMost(clock, Math.min(heartbeatMs, IN_FLIGHT_MS), Promise.all(this.#inFlight));
    this.#controller?.abort();
  }

  #schedule(delayMs: number, run: () => void): void {
    this.#timer?.cancel();
    if (this.#stopped) return;
    this.#timer = this.#settings.clock.schedule(run, Math.max(0, delayMs), { background: true });
  }

  #begin(): void {
    // Asking is what finds out that the lease ran out.
    if (!this.#listener.alive) return;
    const { clock, heartbeatMs } = this.#settings;
    const begunAt = clock.monotonic();
    let over = false;
    const beat = this.#beat().then((failure) => {
      if (over) return;
      over = true;
      if (failure === undefined) {
        if (this.#stopped) return;
        this.#settings.emit({
          type: 'beat',
          token: this.#claim.number,
          tookMs: clock.monotonic() - begunAt,
        });
        this.#schedule(beatTimesOf(clock).untilNext(begunAt, heartbeatMs), () => this.#begin());
      } else {
        this.#failed(failure.error);
      }
    });
    // One call without an answer must not end the lease: another beat is tried in time. Rule 6.
    const giveUp = (): void => {
      if (over) return;
      over = true;
      this.#controller?.abort(new Error('the heartbeat took too long and is tried again'));
      this.#failed(new Error(`no answer to a heartbeat within ${Math.round(this.#limitMs)} ms`));
    };
    this.#inFlight.add(beat);
    detach(beat.finally(() => this.#inFlight.delete(beat)));
    if (!over) this.#schedule(Math.min(this.#limitMs, this.#listener.remainingMs), giveUp);
  }

  #failed(error: unknown): void {
    if (this.#stopped) return;
    this.#settings.emit({ type: 'beat-failed', token: this.#claim.number, error });
    if (!this.#listener.alive) return;
    const retryMs = Math.min(this.#settings.heartbeatMs, this.#limitMs) / 4;
    this.#schedule(Math.min(retryMs, this.#listener.remainingMs), () => this.#begin());
  }

  /** For how long a beat may go without an answer: so that another one can be tried before the lease ends. */
  get #limitMs(): number {
    const { staleAfterMs, marginMs, heartbeatMs } = this.#settings;
    const usual = (staleAfterMs - marginMs - heartbeatMs) / 2;
    return this.#good ? usual : Math.min(usual, firstTrustMs(this.#settings) / 3);
  }

  /** Writes and lists, side by side: what the listing shows of others does not depend on the write. Never rejects. */
  async #beat(): Promise<{ readonly error: unknown } | undefined> {
    const { ledger } = this.#state;
    const { clock } = this.#settings;
    const startedAt = stopwatchOf(clock).now();
    const beat = this.#next++;
    // On a local disk no call hangs, and nothing could be aborted.
    const signal = ledger.vfs.capabilities.cost === 'local' ? undefined : this.#newSignal();
    const { own } = this.#beats;
    own.sending(beat);
    const [written, looked] = await settled(this.#write(beat, signal), ledger.look(signal));
    if (written.ok) own.written(beat);
    if (looked.ok) {
      const loss = lossIn(looked.value, this.#claim) ?? this.#duplicatedIn(looked.value, beat);
      if (loss !== undefined) this.#listener.onLoss(loss);
    }
    if (!written.ok && isVFSError(written.error, 'ENOENT')) this.#listener.onLoss('removed', written.error);
    if (!written.ok && ledger.beatsAsEntries && isVFSError(written.error, 'EEXIST'))
      this.#listener.onLoss('duplicated', written.error);
    if (!written.ok) return { error: written.error };
    if (!looked.ok) return { error: looked.error };
    this.#good = true;
    this.#listener.onBeat(startedAt);
    this.#afterBeat(beat, looked.value);
    return undefined;
  }

  get #beats(): { readonly encoded: string; readonly own: OwnBeats; readonly upkeep: MtimeUpkeep } {
    if (this.#parts === undefined) {
      const encoded = encodeRecord(this.#record);
      const upkeep = new MtimeUpkeep(this.#state.ledger, this.#claim.number, this.#settings.staleAfterMs);
      this.#parts = { encoded, own: new OwnBeats(encoded), upkeep };
    }
    return this.#parts;
  }

  #newSignal(): AbortSignal {
    this.#controller = new AbortController();
    return this.#controller.signal;
  }

  #write(beat: number, signal: AbortSignal | undefined): Promise<void> {
    const { ledger } = this.#state;
    const { number } = this.#claim;
    const { staleAfterMs } = this.#settings;
    return ledger.beatsAsEntries
      ? ledger.addBeat(number, staleAfterMs, beat, signal)
      : ledger.writeBeat(number, staleAfterMs, encodeBeat(this.#beats.encoded, beat), signal);
  }

  /** Whether somebody else beats for the same claim: then the machine was cloned while it had it. */
  #duplicatedIn(look: Look, beat: number): LossReason | undefined {
    const { ledger } = this.#state;
    // The look of a beat that was given up is old: what it shows was followed by others since.
    if (!ledger.listsVersions || beat !== this.#next - 1) return undefined;
    const beats = look.numbers.get(this.#claim.number)?.beats ?? [];
    return beats.every(({ size }) => this.#beats.own.mayBe(size)) ? undefined : 'duplicated';
  }

  /** What only people need goes beside the beats, one at a time: none of them waits for it, or fails with it. */
  #afterBeat(beat: number, look: Look): void {
    if (this.#busyAside || this.#stopped) return;
    const work = this.#state.ledger.beatsAsEntries
      ? this.#afterEntry(beat, look)
      : this.#beats.upkeep.afterBeat(look, this.#settings.clock.wall());
    if (work === undefined) return;
    this.#busyAside = true;
    const report = (error: unknown): void => {
      if (!this.#stopped) this.#settings.emit({ type: 'storage-error', during: 'beat', error });
    };
    detach(work.catch(report).finally(() => (this.#busyAside = false)));
  }

  /** Says once who the owner is, and removes the entries of earlier beats. */
  async #afterEntry(beat: number, look: Look): Promise<void> {
    const { ledger } = this.#state;
    const { number } = this.#claim;
    const { staleAfterMs } = this.#settings;
    if (!this.#introduced) {
      await ledger.writeBeat(number, staleAfterMs, this.#beats.encoded);
      this.#introduced = true;
    }
    for (const past of look.numbers.get(number)?.beatNumbers ?? []) {
      if (this.#stopped) return;
      if (past < beat) await ledger.removeBeat(number, staleAfterMs, past);
    }
  }
}

type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

async function settled<A, B>(a: Promise<A>, b: Promise<B>): Promise<[Settled<A>, Settled<B>]> {
  const second = outcomeOf(b);
  return [await outcomeOf(a), await second];
}

function outcomeOf<T>(work: Promise<T>): Promise<Settled<T>> {
  return work.then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, error }),
  );
}
