import type { ClaimRecord, Ledger, Numbered } from '../ledger/index.js';
import { pause } from '../time/index.js';
import type { Clock } from '@holdfast/vfs';

/** How long a look waits to learn who has a claim where a read may hang, in milliseconds. */
const HANGING_READ_MS = 500;

/** Above so many, those of claims that are gone are forgotten. */
const MANY = 256;

/** Who has which claim, as far as it was read. A number is that of one claim for ever, so each is read once. */
export class Records {
  readonly #known = new Map<number, { readonly record: ClaimRecord; readonly handovers: number }>();
  /** Where a read may hang, each is asked for once at a time. */
  #asked: Set<number> | undefined;

  get(number: number): ClaimRecord | undefined {
    return this.#known.get(number)?.record;
  }

  note(record: ClaimRecord, handovers: number): void {
    this.#known.set(record.token, { record, handovers });
  }

  delete(number: number): void {
    this.#known.delete(number);
  }

  /** Who has a claim, if that can be told. A read that fails tells nothing, and stops nobody. */
  async of(
    numbered: Numbered,
    ledger: Ledger,
    clock: Clock,
    signal?: AbortSignal,
  ): Promise<ClaimRecord | undefined> {
    const { number, handovers } = numbered;
    const known = this.#known.get(number);
    // It may have been handed on since.
    if (known?.handovers === handovers || this.#asked?.has(number) === true) return known?.record;
    const read = ledger.readRecord(numbered, signal).then(
      (record) => {
        if (record !== undefined) this.note(record, handovers);
      },
      () => undefined,
    );
    if (ledger.beatsAsEntries) {
      // Only people need it. So a read that hangs is not waited for, nor asked for again.
      const asked = (this.#asked ??= new Set());
      asked.add(number);
      await Promise.race([read.finally(() => asked.delete(number)), pause(clock, HANGING_READ_MS)]);
    } else {
      await read;
    }
    return this.get(number);
  }

  /** Forgets all records but those of claims that `keep` still lists, if there are many. */
  prune(keep: { has(number: number): boolean }): void {
    if (this.#known.size <= MANY) return;
    for (const number of this.#known.keys()) if (!keep.has(number)) this.#known.delete(number);
  }
}
