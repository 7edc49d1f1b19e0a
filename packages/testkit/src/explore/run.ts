import type { Capabilities, VFS } from '@holdfast/vfs';
import { Actor, storageTime, type Audience } from './actor.js';
import { digest, digestNumber, type Digest } from './digest.js';
import { Assumptions } from './assumptions.js';
import { enabledIn, isHidden, type Limits } from './enabled.js';
import { stage, type Poke } from './stage.js';
import { Overruled } from './overruled.js';
import type { Effect, Rule, StorageView } from './rule.js';
import { setupOf, type Scenario } from './scenario.js';
import { boundOf, holdingOf, NO_TOKENS, raised } from './sharing.js';
import { TinyStore, type Answer } from './tiny-store.js';
import { turn } from '../clock/turn.js';
import type { Transition } from './transition.js';
import type { SentCall } from './sent-call.js';
import type { Hold } from './world.js';

export type ViolationKind =
  /** More held the lock at the same time than may share it, each by its own judgement. */
  | 'two-holders'
  /** A hold ended by itself, in an actor that nothing had happened to. */
  | 'lost-in-health'
  /** A token was granted that is not higher than those before. */
  | 'token-order'
  /** A rule of the scenario was broken. */
  | 'rule'
  /** An actor ended with an error that nothing explains, or a timer threw. */
  | 'failure'
  /** Something goes on and on while time stands still. */
  | 'livelock'
  /** Somebody waits for ever, or the lock cannot be obtained in the end. */
  | 'lock-out';

export interface Violation {
  readonly kind: ViolationKind;
  readonly message: string;
}

/** One line of a diagram. */
export interface TraceRow {
  readonly now: number;
  /** `undefined` for what concerns all. */
  readonly actor: string | undefined;
  readonly text: string;
  readonly fault: boolean;
}

/** To await it is one round of microtasks. */
const settledAlready: Promise<void> = Promise.resolve();

/** So many steps without time passing are one too many. */
const STEPS_PER_MOMENT = 300;

/** So long ago the storage was prepared: whatever goes by the age of things must find them old. */
const SETUP_AGE_MS = 3_600_000;

const CAPABILITIES: Capabilities = {
  exclusiveMkdir: 'known',
  exclusiveWrite: false,
  claimAs: 'directory',
  link: false,
  chtimes: false,
  rename: true,
  watch: false,
  directories: 'real',
  listing: 'versions',
  mtimeGranularityMs: 1000,
  abort: 'caller',
  cost: 'network',
};

/** One run of a scenario, step by step. What is not decided by a {@link Transition} does not happen. */
export class Run implements Audience {
  readonly scenario: Scenario;
  readonly limits: Limits;
  readonly assumptions: Assumptions;
  /** Whether to make sure that all has settled after each step, which takes many times longer. */
  careful = false;
  readonly capabilities: Capabilities;
  readonly store: TinyStore;
  readonly actors: Actor[] = [];
  /** How many events of the scenario have happened. */
  events = 0;
  /** Holds that do not count any more. */
  overruled: Overruled = Overruled.NONE;
  now = 0;
  ticks = 0;
  /** How many transitions it has taken. */
  steps = 0;
  faults = 0;
  /** Who moved last. Faults hit that actor alone: to hit another one later is the same as to hit it now. */
  lastActor: Actor | undefined;
  violation: Violation | undefined;
  /** Filled if set. */
  trace: TraceRow[] | undefined;
  /** The longest silence after which an actor was seen to go on; must stay well below what counts as settled. */
  longestSilence = 0;
  #stirs = 0;
  #sinceTick = 0;
  #rules: readonly Rule[] = [];
  #highest = NO_TOKENS;
  readonly #view: StorageView;
  readonly #undo: (() => void)[] = [];

  constructor(scenario: Scenario, limits: Limits, assumptions: Assumptions = new Assumptions()) {
    this.scenario = scenario;
    this.limits = limits;
    this.assumptions = assumptions;
    this.capabilities = { ...CAPABILITIES, ...scenario.capabilities };
    this.store = new TinyStore({ capabilities: this.capabilities });
    this.#view = {
      paths: () => this.store.paths(),
      has: (path) => this.store.has(path),
      harmed: (name) => this.actors.some((actor) => actor.name === name && actor.harmed),
    };
  }

  async start(): Promise<void> {
    const { setup, actors, rules } = this.scenario;
    if (setup !== undefined) await setup(this.#setupVFS());
    this.store.commit();
    this.#rules = rules?.() ?? [];
    for (const [name, actor] of Object.entries(actors)) {
      const { script, rate } = setupOf(actor);
      this.newActor(name, rate).start(script, this.capabilities);
    }
    await this.settle();
  }

  /** What may come next. */
  enabled(): Transition[] {
    return enabledIn(this);
  }

  /**
   * The digest of the state that `transition` leads to, without going there; `undefined` if a rule is broken on the way.
   */
  predict(transition: Transition): Digest | undefined {
    const { effect } = stage(this, transition, this.#undo);
    const broken = effect !== undefined && this.#faultIn(effect) !== undefined;
    if (effect !== undefined) this.#remember(effect, this.#undo);
    const predicted = broken ? undefined : this.digest;
    this.store.rollback();
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) undo();
    return predicted;
  }

  async perform(transition: Transition): Promise<void> {
    const poke: Poke = stage(this, transition, this.#undo);
    this.#undo.length = 0;
    this.steps++;
    this.#sinceTick = transition.kind === 'tick' ? 0 : this.#sinceTick + 1;
    if (this.#sinceTick > STEPS_PER_MOMENT)
      this.blame('livelock', `${this.#sinceTick} steps without a moment passing, and no end to it`);
    this.store.commit();
    if (poke.effect !== undefined) {
      const fault = this.#faultIn(poke.effect);
      if (fault !== undefined) this.blame('rule', fault);
      this.#remember(poke.effect, []);
    }
    this.lastActor = poke.actor;
    this.trace?.push({
      now: this.now,
      actor: poke.actor?.name,
      text: poke.text(),
      fault: transition.kind === 'fault',
    });
    const hidden = transition.kind === 'timer' && poke.actor !== undefined && isHidden(poke.actor);
    try {
      poke.go();
    } catch (error) {
      this.blame('failure', `${poke.actor?.name ?? ''}: a timer threw ${String(error)}`);
    }
    await this.settle();
    if (hidden && poke.actor?.holds.length !== 0) this.assumptions.timerGranted();
  }

  /** Digest of all that matters to what may come. */
  get digest(): Digest {
    let all = digestNumber(this.store.digest, this.now);
    all = digestNumber(all, this.faults);
    all = digestNumber(digestNumber(all, this.#highest.any), this.#highest.exclusive);
    if (this.events > 0) all = digestNumber(all, this.events);
    if (this.overruled !== Overruled.NONE) all = digestNumber(all, this.overruled.digest);
    for (const { memory } of this.#rules) if (memory !== undefined) all = digest(all, memory);
    for (const actor of this.actors)
      all = digestNumber(all, actor.inert ? 11 + Number(actor.harmed) : actor.digest);
    return all;
  }

  /** Grows with everything that an actor does. */
  get stirs(): number {
    return this.#stirs;
  }

  actor(name: string): Actor {
    const actor = this.actors.find((one) => one.name === name);
    if (actor === undefined) throw new RangeError(`There is no actor ${name}`);
    return actor;
  }

  /** One more actor, which has not started yet. */
  newActor(name: string, rate?: number): Actor {
    const actor = new Actor(name, this.actors.length, this, {
      merge: this.limits.merge,
      clocks: this.scenario.clocks ?? 'apart',
      rate,
    });
    this.actors.push(actor);
    return actor;
  }

  /** Lets `call` take effect. */
  apply(call: SentCall): Answer {
    return this.store.perform(call.call, storageTime(this.now), call.firstPart);
  }

  blame(kind: ViolationKind, message: string): void {
    // Two holders are what it is all about: a token out of order is but a sign of them.
    if (this.violation === undefined || (kind === 'two-holders' && this.violation.kind === 'token-order'))
      this.violation = { kind, message };
  }

  stirred(): void {
    this.#stirs++;
  }

  granted(actor: Actor, hold: Hold, how: 'anew' | 'again'): void {
    this.#stirs++;
    const { token } = hold;
    const text = how === 'anew' ? 'granted' : 'goes on';
    this.noted(actor, token === undefined ? text : `${text}, token ${token}`);
    if (token === undefined) return;
    const holding = holdingOf(hold);
    const bound = boundOf(this.scenario.sharing ?? 'nobody', this.#highest, holding);
    if (how === 'anew' && token <= bound)
      this.blame('token-order', `${actor.name} was granted token ${token} after token ${bound}`);
    this.#highest = raised(this.#highest, token, holding);
    if (how === 'again') return;
    for (const rule of this.#rules) {
      const fault = rule.judgeGrant?.({ actor: actor.name, token, ...holding }, this.#view);
      if (fault !== undefined) this.blame('rule', fault);
    }
  }

  gone(name: string): boolean {
    return this.actor(name).crashed;
  }

  breaking(breaker: Actor, token: number | undefined): void {
    for (const actor of this.actors) if (actor !== breaker) actor.harmed = true;
    if (token !== undefined) this.overruled = this.overruled.with(token, this.now);
  }

  noted(actor: Actor, text: string): void {
    this.trace?.push({ now: this.now, actor: actor.name, text, fault: false });
  }

  /** Lets every promise settle that can. */
  async settle(): Promise<void> {
    do {
      let seen = this.#stirs;
      for (let quiet = 0; quiet < this.assumptions.quietRounds; quiet++) {
        await settledAlready;
        if (this.#stirs === seen) continue;
        if (quiet > this.longestSilence) this.longestSilence = quiet;
        seen = this.#stirs;
        quiet = -1;
      }
    } while ((this.careful && (await this.#stirsLate())) || this.#abortCalls());
    this.#judgeFailures();
  }

  /** Every promise that can settle has settled once the event loop has gone round. */
  async #stirsLate(): Promise<boolean> {
    const seen = this.#stirs;
    await turn();
    if (this.#stirs === seen) return false;
    this.assumptions.waitLonger();
    return true;
  }

  #abortCalls(): boolean {
    let any = false;
    for (const actor of this.actors) {
      for (const call of actor.calls) {
        const { signal } = call.call.options;
        if (signal?.aborted !== true || (call.state !== 'sent' && call.state !== 'applied')) continue;
        call.abort(signal.reason);
        call.state = call.state === 'sent' && call.changes ? 'orphan' : 'done';
        any = true;
      }
      for (const call of actor.calls.filter(({ state }) => state === 'done')) actor.forget(call);
    }
    return any;
  }

  #faultIn(effect: Effect): string | undefined {
    for (const rule of this.#rules) {
      const fault = rule.judge?.(effect, this.#view);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #remember(effect: Effect, undo: (() => void)[]): void {
    for (const rule of this.#rules) {
      const takeBack = rule.remember?.(effect, this.#view);
      if (takeBack !== undefined) undo.push(takeBack);
    }
  }

  #judgeFailures(): void {
    for (const { name, failure } of this.actors) {
      if (failure === undefined || this.#tolerated(failure)) continue;
      this.blame(
        'failure',
        `${name} ended with ${failure instanceof Error ? `${failure.name}: ${failure.message}` : JSON.stringify(failure)}`,
      );
    }
  }

  #tolerated(failure: unknown): boolean {
    const { tolerates } = this.scenario;
    if (tolerates !== undefined) return tolerates(failure);
    return failure instanceof Error && failure.name === 'VFSError';
  }

  /** The storage as `setup` sees it: every call takes effect at once. */
  #setupVFS(): VFS {
    const actor = new Actor('setup', -1, this, { merge: 'none', clocks: 'one' });
    let vfs: VFS | undefined;
    actor.start(async (world) => {
      vfs = world.vfs;
    }, this.capabilities);
    if (vfs === undefined) throw new Error('unreachable');
    const answering = (): void => {
      for (const call of actor.calls.splice(0))
        call.reply(this.store.perform(call.call, storageTime(-SETUP_AGE_MS)));
    };
    return new Proxy(vfs, {
      get: (target, key, receiver): unknown => {
        const method: unknown = Reflect.get(target, key, receiver);
        if (typeof method !== 'function') return method;
        return (...given: unknown[]): unknown => {
          const result: unknown = Reflect.apply(method, target, given);
          answering();
          return result;
        };
      },
    });
  }
}
