import { encodeBeat } from '../ledger/index.js';

/** So many beats of which nothing was heard are remembered: any of them may land late. */
const MOST_UNKNOWN = 16;

/** What the sizes of the own heartbeat may be: that of one of the last two beats, or of one whose outcome is unknown. */
export class OwnBeats {
  readonly #encoded: string;
  readonly #unknown: number[] = [];
  /** The last two that were written for certain. */
  #last: number[] = [];

  /** @param encoded the record that each beat holds, see `encodeBeat` */
  constructor(encoded: string) {
    this.#encoded = encoded;
  }

  sending(beat: number): void {
    this.#unknown.push(beat);
    if (this.#unknown.length > MOST_UNKNOWN) this.#unknown.shift();
  }

  written(beat: number): void {
    const at = this.#unknown.indexOf(beat);
    if (at >= 0) this.#unknown.splice(at, 1);
    this.#last = [...this.#last.slice(-1), beat];
  }

  /**
   * Before the second beat, whoever attached to a claim may still see that of the owner before: a look runs beside a beat.
   * The look runs beside the write, and most storage empties a file before it writes it anew: a size below that of the
   * record is a rewrite seen half-way, and no sign of anybody else.
   *
   * @param size as a listing shows it; `undefined` if it does not, which shows nothing
   */
  mayBe(size: number | undefined): boolean {
    if (size === undefined || this.#last.length < 2) return true;
    const recordBytes = new TextEncoder().encode(this.#encoded).length;
    if (size < recordBytes) return true;
    return [...this.#last, ...this.#unknown].some(
      (beat) => recordBytes + encodeBeat('', beat).length === size,
    );
  }
}
