import { Jail } from './jail.js';
import type { Patience } from './limiter.js';
import { stepsOf, type AnswerOf, type ArgumentsOf, type OperationName } from './operations.js';
import type { Place } from './place.js';
import { runDirect, runPooled } from './steps.js';

/** Carries out operations in a place. */
export interface Runner {
  run<N extends OperationName>(name: N, rest: ArgumentsOf<N>, terms: Terms): Promise<AnswerOf<N>>;
  close(): void;
}

/** What goes with one call. */
export type Terms = Pick<Patience, 'signal' | 'timedOut'>;

/** Runs operations in this process: on the main thread as far as they are short, or in the thread pool. */
export function inProcess(place: Place, calls: 'direct' | 'pool'): Runner {
  const jail = new Jail(place);
  const run = calls === 'direct' ? runDirect : runPooled;
  return {
    run: (name, rest) => run(stepsOf(name, jail, rest)),
    close: () => undefined,
  };
}
