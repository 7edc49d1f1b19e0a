import type { Answer } from '@holdfast/vfs/adapter';
import type { Cancellation } from '../mounts/limiter.js';
import type { Jail } from './jail.js';
import { stepsOf, type AnswerOf, type ArgumentsOf, type OperationName } from './operations.js';
import { runDirect, runPooled } from './steps.js';

/** Carries out operations on one root. */
export interface Runner {
  run<N extends OperationName>(name: N, rest: ArgumentsOf<N>, terms: Terms): Answer<AnswerOf<N>>;
  close(): void;
}

/** What goes with one call. */
export type Terms = Pick<Cancellation, 'signal' | 'timedOut'>;

/** Runs operations in this process: on the main thread as far as they are short, or in the thread pool. */
export function inProcess(jail: Jail, calls: 'direct' | 'pool'): Runner {
  const run = calls === 'direct' ? runDirect : runPooled;
  return {
    run: (name, rest) => run(stepsOf(name, jail, rest)),
    close: () => undefined,
  };
}
