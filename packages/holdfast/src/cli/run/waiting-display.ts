import { describeHolder, type HeldClaim } from '@holdfast/lock';
import { formatDuration } from '../duration.js';
import type { Notices } from '../notices.js';
import type { LiveLine } from './live-line.js';

const REFRESH_MS = 1_000;
/** Waiting shorter than this is not worth a word. */
const PATIENCE_MS = 300;

/** Where there is no terminal a log is not to be flooded: of new holders it tells so often at most, in milliseconds … */
const NEWS_EVERY_MS = 10_000;
/** … and of the same one so often, for who waits in silence looks dead. */
export const SILENCE_MS = 60_000;

/** What is in the way. */
interface Way {
  readonly claim: HeldClaim;
  readonly ahead: number;
}

interface Said {
  readonly token: number;
  readonly at: number;
}

/** Whether a log is told of the claim in the way once more. */
export function isWorthALine(
  token: number,
  said: Said | undefined,
  now: number,
  silenceMs: number = SILENCE_MS,
): boolean {
  if (said === undefined) return true;
  return now - said.at >= (token === said.token ? silenceMs : Math.min(NEWS_EVERY_MS, silenceMs));
}

/** Shows whom this contender waits for: a live line on a terminal, a line now and then elsewhere. */
export class WaitingDisplay {
  readonly #id: string;
  readonly #notices: Notices;
  readonly #silenceMs: number;
  readonly #startedAt: number = performance.now();
  #way: Way | undefined;
  #timer: NodeJS.Timeout | undefined;
  #live: LiveLine | undefined;
  #said: Said | undefined;

  /** @param silenceMs how often a log is told of the same one */
  constructor(id: string, notices: Notices, silenceMs: number = SILENCE_MS) {
    this.#id = id;
    this.#silenceMs = silenceMs;
    this.#notices = notices;
  }

  /** @param claim the first in the way. @param ahead how many are in the way */
  blockedBy(claim: HeldClaim, ahead: number): void {
    this.#way = { claim, ahead };
    if (this.#notices.quiet) return;
    this.#timer ??= setTimeout(() => void this.#show(), PATIENCE_MS);
  }

  /** Says something in between. */
  tell(text: string): void {
    this.#live?.clear();
    this.#notices.tell(text);
  }

  /** The waiting is over. @param token the one that was obtained, if one was */
  end(token?: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#live?.clear();
    const shown = this.#live !== undefined || this.#said !== undefined;
    this.#live = undefined;
    this.#said = undefined;
    if (token === undefined || !shown) return;
    this.#notices.tell(`obtained lock "${this.#id}", token ${token}, after ${this.#waited()}`);
  }

  async #show(): Promise<void> {
    if (process.stderr.isTTY && this.#live === undefined) {
      // Loaded late: most runs do not wait, and it takes longer to load than they wait.
      const { LiveLine: Line } = await import('./live-line.js');
      if (this.#timer !== undefined) this.#live = new Line(process.stderr);
    }
    if (this.#timer === undefined || this.#way === undefined) return;
    if (this.#live === undefined) this.#writeLine(this.#way);
    else this.#live.draw(`Waiting ${this.#waited()} for ${this.#sentence(this.#way)}`);
    this.#timer = setTimeout(() => void this.#show(), REFRESH_MS);
  }

  #sentence({ claim: { holder, token, since }, ahead }: Way): string {
    const when =
      since === undefined ? '' : `, which asked ${formatDuration(Date.now() - since.getTime())} ago`;
    const others = ahead > 1 ? `, and ${ahead - 1} more` : '';
    return `lock "${this.#id}" behind ${describeHolder(holder)}, token ${token}${when}${others}`;
  }

  #writeLine(way: Way): void {
    const now = performance.now();
    const { token } = way.claim;
    if (!isWorthALine(token, this.#said, now, this.#silenceMs)) return;
    const waiting = this.#said === undefined ? 'waiting' : `still waiting, for ${this.#waited()},`;
    this.#said = { token, at: now };
    this.#notices.tell(`${waiting} for ${this.#sentence(way)}`);
  }

  #waited(): string {
    return formatDuration(performance.now() - this.#startedAt);
  }
}
