import type { Call, Capabilities, Clock, Timer, VFS } from '@holdfast/vfs';
import { digest, digestNumber, NOTHING, together, type Digest } from './digest.js';
import type { ActorScript, ActorWorld, Hold } from './world.js';
import type { Merging } from './enabled.js';
import { SentCall } from './sent-call.js';

export interface ActorTimer {
  readonly number: number;
  /** On the actor's monotonic clock. */
  readonly dueMs: number;
  readonly run: () => void;
}

interface WaitingStep {
  readonly label: string;
  readonly go: () => void;
}

/** What an actor tells the run that it is part of. */
export interface Audience {
  /** Virtual milliseconds since the start. */
  readonly now: number;
  /** Called whenever the actor does anything that others could see. */
  stirred(): void;
  granted(actor: Actor, hold: Hold, how: 'anew' | 'again'): void;
  gone(name: string): boolean;
  /** What it does may end what others hold. */
  breaking(actor: Actor, token: number | undefined): void;
  noted(actor: Actor, text: string): void;
}

/** What an actor can hear. */
export type Observation = 'reply' | 'timer' | 'step' | 'landed' | 'fail' | 'unknown' | 'timeout';

const HOUR_MS = 3_600_000;

export interface ActorOptions {
  readonly merge: Merging;
  readonly clocks: 'apart' | 'one';
  /** How fast its clocks run. Default 1. */
  readonly rate?: number | undefined;
}

/** By so much the products of times and rates may be off. */
const ROUNDING_MS = 1e-6;

/** When it all happens; any moment does. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Wall time of the storage at virtual time `now`. */
export function storageTime(now: number): number {
  return EPOCH_MS + now;
}

/**
 * One process: its script, what it waits for, and a digest of all that it has observed. Since it is deterministic, that
 * digest stands for its whole inner state.
 */
export class Actor {
  readonly name: string;
  readonly calls: SentCall[] = [];
  readonly timers: ActorTimer[] = [];
  readonly steps: WaitingStep[] = [];
  readonly holds: Hold[] = [];
  /** Those of its holds that it gives back, or has given back. */
  readonly releasing: Set<Hold> = new Set();
  /** What it observed, in order, up to what `recent` holds. */
  past: Digest = NOTHING;
  /** What it observed since then, in any order. */
  recent: Digest = NOTHING;
  crashed = false;
  /** Whether anything has hit it that may cost it what it holds. */
  harmed = false;
  frozen: { readonly since: number; readonly machine: boolean } | undefined;
  /** For how long its monotonic clock has stood still in all. */
  stoodStillMs = 0;
  /** By how much its wall clock was set, in all. */
  wallJumpedMs = 0;
  done = false;
  failure: unknown;
  readonly #index: number;
  readonly #merge: Merging;
  readonly #offsetMs: number;
  readonly #rate: number;
  readonly #audience: Audience;
  #lastCall = 0;
  #lastTimer = 0;
  #randomState: number;

  constructor(name: string, index: number, audience: Audience, { merge, clocks, rate = 1 }: ActorOptions) {
    this.name = name;
    this.#index = index;
    this.#merge = merge;
    // Hours off, each in its own direction: nobody may compare wall clocks unless told so.
    this.#offsetMs = clocks === 'one' ? 0 : (index % 2 === 0 ? -HOUR_MS : HOUR_MS) * (index + 1);
    this.#rate = rate;
    this.#audience = audience;
    this.#randomState = index + 1;
  }

  start(script: ActorScript, capabilities: Capabilities): void {
    const ended = (failure?: unknown): void => {
      this.done = true;
      this.failure = failure;
      this.#audience.stirred();
    };
    script(this.#world(capabilities)).then(() => ended(), ended);
  }

  monotonic(): number {
    const now = this.frozen?.machine === true ? this.frozen.since : this.#audience.now;
    return 1e6 * (this.#index + 1) + (now - this.stoodStillMs) * this.#rate;
  }

  wall(): number {
    const ownMs = Math.floor(this.#audience.now * this.#rate);
    return storageTime(ownMs) + this.#offsetMs + this.wallJumpedMs;
  }

  /** The timer that runs next, if it is due. */
  get dueTimer(): ActorTimer | undefined {
    let first: ActorTimer | undefined;
    for (const timer of this.timers) if (first === undefined || timer.dueMs < first.dueMs) first = timer;
    return first !== undefined && first.dueMs <= this.monotonic() + ROUNDING_MS ? first : undefined;
  }

  /** It waits for nothing, does nothing more, and is in nobody's way. */
  get inert(): boolean {
    const idle = this.calls.length === 0 && this.timers.length === 0 && this.steps.length === 0;
    // To ask is innocent here: with neither timers nor calls, a lease has nothing left to lose.
    return this.done && idle && !this.holds.some(({ held }) => held);
  }

  /** All that it has observed. */
  get history(): Digest {
    return digestNumber(this.past, this.recent);
  }

  call(number: number): SentCall | undefined {
    return this.calls.find((call) => call.number === number);
  }

  forget(call: SentCall): void {
    const at = this.calls.indexOf(call);
    if (at >= 0) this.calls.splice(at, 1);
  }

  /** All that matters of it to what may come. */
  get digest(): Digest {
    if (this.crashed) {
      let orphans = 7;
      for (const call of this.calls) if (call.state === 'orphan') orphans = together(orphans, call.content);
      return orphans;
    }
    let all = digestNumber(this.history, 2 * this.stoodStillMs + Number(this.harmed));
    if (this.wallJumpedMs !== 0) all = digestNumber(all, this.wallJumpedMs);
    if (this.frozen !== undefined)
      all = digestNumber(all, 2 * this.frozen.since + Number(this.frozen.machine) + 1);
    let statuses = NOTHING;
    for (const call of this.calls) if (call.state !== 'done') statuses = together(statuses, call.digest);
    return digestNumber(all, statuses);
  }

  /** A digest of its inner state and its clocks: what it answers to a question depends on nothing else. */
  get mind(): Digest {
    return this.#dated(this.history);
  }

  /**
   * What `past` and `recent` become by an observation made now: what is merged makes up a set, and all else has its place
   * in the order.
   */
  observed(what: Observation, content: Digest): { readonly past: Digest; readonly recent: Digest } {
    const commutes = this.#merge === 'moments' || (this.#merge === 'replies' && what === 'reply');
    const told = digestNumber(digest(commutes ? NOTHING : this.history, what), content);
    const dated = this.#dated(told);
    return commutes
      ? { past: this.past, recent: together(this.recent, dated) }
      : { past: dated, recent: NOTHING };
  }

  /** Digests hold whole numbers alone, and clocks may run by parts of a millisecond. */
  #dated(what: Digest): Digest {
    return digestNumber(digestNumber(what, Math.round(this.monotonic() * 1000)), this.wall());
  }

  #world(capabilities: Capabilities): ActorWorld {
    const { name } = this;
    return {
      name,
      vfs: this.#vfs(capabilities),
      view: (others) => this.#vfs({ ...capabilities, ...others }),
      clock: this.#clock(),
      random: () => this.#random(),
      step: (label) =>
        new Promise<void>((go) => {
          this.steps.push({ label, go });
          this.#audience.stirred();
        }),
      granted: (hold) => {
        this.holds.push(hold);
        this.#audience.granted(this, hold, 'anew');
      },
      resumed: (hold) => {
        this.holds.push(hold);
        this.#audience.granted(this, hold, 'again');
      },
      releasing: (hold) => void this.releasing.add(hold),
      breaking: (token) => this.#audience.breaking(this, token),
      gone: (other) => {
        const gone = this.#audience.gone(other);
        // It knows something now that it has not observed otherwise.
        this.past = digestNumber(digest(this.past, other), Number(gone));
        return gone;
      },
      note: (text) => this.#audience.noted(this, text),
    };
  }

  #clock(): Clock {
    return {
      monotonic: () => this.monotonic(),
      wall: () => this.wall(),
      schedule: (run, delayMs): Timer => {
        const timer = { number: ++this.#lastTimer, dueMs: this.monotonic() + Math.max(0, delayMs), run };
        this.timers.push(timer);
        this.#audience.stirred();
        return { cancel: () => this.cancel(timer) };
      },
    };
  }

  cancel(timer: ActorTimer): void {
    const at = this.timers.indexOf(timer);
    if (at < 0) return;
    this.timers.splice(at, 1);
    this.#audience.stirred();
  }

  #vfs(capabilities: Capabilities): VFS {
    const send = <T>(call: Call): Promise<T> => {
      const { signal } = call.options;
      if (signal?.aborted === true) return Promise.reject(signal.reason);
      return new Promise<T>((resolve, reject) => {
        const number = ++this.#lastCall;
        this.calls.push(
          new SentCall(number, call, `storage-${this.name}`, resolve as (value: unknown) => void, reject),
        );
        this.#audience.stirred();
      });
    };
    const close = (): Promise<void> => Promise.resolve();
    return {
      adapter: `storage-${this.name}`,
      capabilities,
      mkdir: (path, options = {}) => send({ op: 'mkdir', path, options }),
      writeFile: (path, data, options = {}) => send({ op: 'writeFile', path, data, options }),
      readFile: (path, options = {}) => send({ op: 'readFile', path, options }),
      chtimes: (path, atime, mtime, options = {}) => send({ op: 'chtimes', path, atime, mtime, options }),
      ls: (path, options = {}) => send({ op: 'ls', path, options }),
      stat: (path, options = {}) => send({ op: 'stat', path, options }),
      rm: (path, options = {}) => send({ op: 'rm', path, options }),
      rename: (path, to, options = {}) => send({ op: 'rename', path, to, options }),
      link: (path, to, options = {}) => send({ op: 'link', path, to, options }),
      watch: (path, onChange, options = {}) => send({ op: 'watch', path, onChange, options }),
      close,
      [Symbol.asyncDispose]: close,
    };
  }

  /** Source: mulberry32 by Tommy Ettinger (public domain). */
  #random(): number {
    this.#randomState = (this.#randomState + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#randomState ^ (this.#randomState >>> 15), 1 | this.#randomState);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
