import cliTruncate from 'cli-truncate';
import { createLogUpdate } from 'log-update';
import { describeHolder, printable, type HeldClaim } from '../index.js';
import { formatDuration } from './duration.js';
import type { Notices } from './notices.js';

/** Between two lines where there is no terminal, in milliseconds: a log is not to be flooded. */
const LINE_EVERY_MS = 10_000;
const REFRESH_MS = 1_000;

/** Shows whom this contender waits for: a live line on a terminal, a line now and then elsewhere. */
export class WaitingDisplay {
  readonly #id: string;
  readonly #notices: Notices;
  readonly #startedAt: number = performance.now();
  readonly #live: ReturnType<typeof createLogUpdate> | undefined;
  #claim: HeldClaim | undefined;
  #timer: NodeJS.Timeout | undefined;
  #line: { readonly token: number; readonly known: boolean; readonly at: number } | undefined;

  constructor(id: string, notices: Notices) {
    this.#id = id;
    this.#notices = notices;
    if (process.stderr.isTTY && !notices.quiet) {
      this.#live = createLogUpdate(process.stderr, { showCursor: true });
    }
  }

  /** `claim` stands in the way. */
  blockedBy(claim: HeldClaim): void {
    const changed = claim.token !== this.#claim?.token || (claim.holder !== undefined) !== (this.#claim.holder !== undefined);
    this.#claim = claim;
    if (this.#live === undefined) {
      this.#writeLine(claim);
    } else if (changed) {
      this.#timer ??= setInterval(() => this.#redraw(), REFRESH_MS);
      this.#redraw();
    }
  }

  /** Says something in between. */
  tell(text: string): void {
    this.#live?.clear();
    this.#notices.tell(text);
    if (this.#timer !== undefined) this.#redraw();
  }

  /** The waiting is over. @param token the one that was obtained, if one was */
  end(token?: number): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#live?.clear();
    if (token === undefined || this.#claim === undefined) return;
    const waited = formatDuration(performance.now() - this.#startedAt);
    this.#notices.tell(`obtained lock "${this.#id}", token ${token}, after ${waited}`);
  }

  #redraw(): void {
    if (this.#claim === undefined) return;
    const { holder, token, since } = this.#claim;
    const held = since === undefined ? '' : ` for ${formatDuration(Date.now() - since.getTime())}`;
    const waited = formatDuration(performance.now() - this.#startedAt);
    const text = `Waiting ${waited} for lock "${this.#id}", held${held} by ${describeHolder(holder)}, token ${token}`;
    this.#live?.(cliTruncate(printable(text), (process.stderr.columns || 80) - 1));
  }

  /** Once a holder, and once more when it has said who it is. */
  #writeLine({ token, holder, since }: HeldClaim): void {
    const known = holder !== undefined;
    const before = this.#line;
    const now = performance.now();
    if (before?.token === token && (before.known || !known)) return;
    if (before !== undefined && now - before.at < LINE_EVERY_MS) return;
    if (before === undefined && !known && now - this.#startedAt < REFRESH_MS) return;
    this.#line = { token, known, at: now };
    const when = since === undefined ? '' : `, since ${since.toISOString()}`;
    this.#notices.tell(`waiting for lock "${this.#id}", held by ${describeHolder(holder)}, token ${token}${when}`);
  }
}
