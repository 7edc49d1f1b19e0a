import { VFSError, type Call } from '@holdfast/vfs';
import { outcomeOfSilence } from '@holdfast/vfs/adapter';
import { digest, digestNumber, NOTHING, type Digest } from './digest.js';
import type { FirstPart } from './listing.js';
import type { Answer } from './tiny-store.js';

/**
 * How far a call has come.
 * - `sent`: it is under way.
 * - `applied`: it took effect; its reply is under way.
 * - `orphan`: its caller has given up or is gone; it may still take effect.
 * - `followed`: as `orphan`, and its caller is told if it does.
 * - `done`: nothing more comes of it.
 */
export type CallState = 'sent' | 'applied' | 'orphan' | 'followed' | 'done';

const STATE_DIGESTS: Record<CallState, number> = { sent: 0, applied: 1, orphan: 2, followed: 3, done: 4 };

/** A call of an actor, from its sending until nothing more can come of it. */
export class SentCall {
  readonly number: number;
  readonly call: Call;
  state: CallState = 'sent';
  answer: Answer | undefined;
  /** What it has read of a directory so far. */
  firstPart: FirstPart | undefined;
  /** It, or its reply, is slow: nothing more happens to it before time has passed from then. */
  slowSince: number | undefined;
  /** Its reply will be slow, once it took effect. */
  slowReply = false;
  readonly #adapter: string;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (reason: unknown) => void;
  #settle: (() => void) | undefined;
  #settleFailed: ((reason: unknown) => void) | undefined;

  constructor(
    number: number,
    call: Call,
    adapter: string,
    resolve: (value: unknown) => void,
    reject: (reason: unknown) => void,
  ) {
    this.number = number;
    this.call = call;
    this.#adapter = adapter;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get changes(): boolean {
    return outcomeOfSilence(this.call.op) === 'unknown';
  }

  /** What there is to say of it beyond what its actor knows. */
  get digest(): Digest {
    const slow = (this.slowSince === undefined ? 0 : this.slowSince + 2) + Number(this.slowReply);
    if (this.state === 'sent' && slow === 0 && this.firstPart === undefined) return NOTHING;
    const known = digestNumber(this.number + 1, this.firstPart?.digest ?? 0);
    const all = digestNumber(known, STATE_DIGESTS[this.state] + 8 * slow);
    return this.state === 'applied' ? digestNumber(all, this.answer?.digest ?? 0) : all;
  }

  /** What it asks for, for a caller that is gone and knows nothing. */
  get content(): Digest {
    const { call } = this;
    return digest(digest(digest(NOTHING, call.op), call.path), detailOf(call));
  }

  /** Lets the reply arrive. */
  reply(answer: Answer): void {
    if (answer.ok) this.#resolve(answer.value);
    else this.#reject(this.#error(answer.code, 'failed'));
  }

  fail(): void {
    this.#reject(this.#error('ECONN', 'failed'));
  }

  /** Tells the caller that nobody knows what became of it. */
  giveUp(): void {
    if (this.state !== 'followed') {
      this.#reject(this.#error('ECONN', 'unknown'));
      return;
    }
    const settled = new Promise<void>((resolve, reject) => {
      this.#settle = resolve;
      this.#settleFailed = reject;
    });
    this.#reject(this.#error('ETIMEDOUT', 'unknown', settled));
  }

  /** Tells the caller, who has given up, what became of it. */
  settle(answer: Answer): void {
    if (answer.ok) this.#settle?.();
    else this.#settleFailed?.(this.#error(answer.code, 'failed'));
  }

  abort(reason: unknown): void {
    this.#reject(reason);
  }

  #error(
    code: ConstructorParameters<typeof VFSError>[0]['code'],
    outcome: 'failed' | 'unknown',
    settled?: Promise<void>,
  ): VFSError {
    const { op, path } = this.call;
    return new VFSError({ code, op, path, adapter: this.#adapter, outcome, settled });
  }
}

function detailOf(call: Call): string {
  switch (call.op) {
    case 'mkdir':
    case 'rm':
      return String(call.options.recursive === true);
    case 'writeFile':
      return `${String(call.options.exclusive === true)} ${String(call.data)}`;
    case 'rename':
    case 'link':
      return call.to;
    case 'chtimes':
      return String(call.mtime.getTime());
    default:
      return '';
  }
}
