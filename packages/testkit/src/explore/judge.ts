import type { Actor } from './actor.js';
import type { Run } from './run.js';
import { holdingOf, mayShare, type Holding } from './sharing.js';
import type { Hold } from './world.js';

/** What the holds of a run said of themselves. */
export type Judgement =
  /** Those that say that they are held may be, and none has ended that should not have. */
  | 'fine'
  /** To be asked has changed an actor's mind, so that the run is no longer the one that its schedule stands for. */
  | 'disturbed'
  /** The run knows what is wrong. */
  | 'violation';

interface Suspect {
  readonly actor: Actor;
  readonly hold: Hold;
  /** Which of the actor's holds. */
  readonly index: number;
}

type HeldBy = Suspect & { readonly as: Holding };

/**
 * Asks leases whether they are held, without the search taking notice. To ask is not innocent: a lease that finds out
 * that it has expired is lost from then on, though nobody would have asked it in the real run. What an actor answers
 * depends on its history and its clocks alone, so each question is asked once and the answer kept.
 */
export class Judge {
  readonly #answers = new Map<string, Holding | 'over'>();

  judge(run: Run): Judgement {
    const { sharing = 'nobody', keepsHolds = false } = run.scenario;
    const suspects = run.actors
      .filter((actor) => !actor.crashed)
      .flatMap((actor) => actor.holds.map((hold, index) => ({ actor, hold, index })));
    const healthy = keepsHolds ? suspects.filter(mustBeHeld) : [];
    if (suspects.length < 2 && healthy.length === 0) return 'fine';
    const held: HeldBy[] = [];
    // What a stopwatch has seen of a clock that jumps there and back depends on when it was looked at.
    const jumps = run.scenario.events?.some(({ kind }) => kind === 'wall-jump') ?? false;
    for (const suspect of suspects) {
      const [stirs, answers] = [run.stirs, this.#answers.size];
      const answer = this.#ask(suspect);
      if (run.stirs !== stirs || (jumps && this.#answers.size !== answers)) return 'disturbed';
      if (answer !== 'over') {
        if (counts(run, suspect)) held.push({ ...suspect, as: answer });
      } else if (healthy.includes(suspect)) {
        run.blame('lost-in-health', `${named(suspect)} has lost the lock, and nothing had happened to it`);
        return 'violation';
      }
    }
    if (
      mayShare(
        sharing,
        held.map(({ as }) => as),
      )
    )
      return 'fine';
    run.blame('two-holders', `${held.map(named).join(' and ')} both hold the lock`);
    return 'violation';
  }

  #ask({ actor, hold, index }: Suspect): Holding | 'over' {
    const key = `${actor.name}${index} ${actor.mind}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = hold.held ? holdingOf(hold) : 'over';
    this.#answers.set(key, answer);
    return answer;
  }
}

function mustBeHeld({ actor, hold }: Suspect): boolean {
  return !actor.harmed && !actor.releasing.has(hold);
}

function counts({ overruled, now, scenario }: Run, { hold }: Suspect): boolean {
  const since = overruled.since(hold);
  return since === undefined || now - since >= (scenario.noticesWithinMs ?? 0);
}

function named({ actor: { name }, hold: { token } }: Suspect): string {
  return token === undefined ? name : `${name} (token ${token})`;
}
