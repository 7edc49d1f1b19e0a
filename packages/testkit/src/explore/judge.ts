import type { Actor } from './actor.js';
import type { Run } from './run.js';
import type { Hold } from './scenario.js';

/** What the holds of a run said of themselves. */
export type Judgement =
  /** At most one says that it is held. */
  | 'fine'
  /** To be asked has changed an actor's mind, so that the run is no longer the one that its schedule stands for. */
  | 'disturbed'
  /** Two are held at once; the run knows. */
  | 'violation';

/**
 * Asks leases whether they are held, without the search taking notice. To ask is not innocent: a lease that finds out
 * that it has expired is lost from then on, though nobody would have asked it in the real run. What an actor answers
 * depends on its history and its clocks alone, so each question is asked once and the answer kept.
 */
export class Judge {
  readonly #answers = new Map<string, boolean>();

  judge(run: Run): Judgement {
    const suspects = run.actors
      .filter((actor) => !actor.crashed)
      .flatMap((actor) => actor.holds.map((hold, index) => ({ actor, hold, index })));
    if (suspects.length < 2) return 'fine';
    let holder: (typeof suspects)[number] | undefined;
    for (const suspect of suspects) {
      const key = `${suspect.actor.name}${suspect.index} ${suspect.actor.mind}`;
      let held = this.#answers.get(key);
      if (held === undefined) {
        const before = run.stirs;
        held = suspect.hold.held;
        this.#answers.set(key, held);
        if (run.stirs !== before) return 'disturbed';
      }
      if (!held) continue;
      if (holder !== undefined) {
        run.blame(
          'two-holders',
          `${named(holder.actor, holder.hold)} and ${named(suspect.actor, suspect.hold)} both hold the lock`,
        );
        return 'violation';
      }
      holder = suspect;
    }
    return 'fine';
  }
}

function named({ name }: Actor, { token }: Hold): string {
  return token === undefined ? name : `${name} (token ${token})`;
}
