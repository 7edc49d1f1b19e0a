import type { Attempt, Contender } from './contender.js';
import type { Patience } from './patience.js';
import { proceed } from './persistence.js';

/**
 * One attempt, for as long as the caller is patient. If the caller leaves meanwhile, the attempt goes on behind it, and
 * what it obtains for nobody is given back.
 */
export async function attemptWithin(patience: Patience, contender: Contender): Promise<Attempt> {
  const attempt = contender.attempt(patience.signal);
  const giveBack = async (unwanted: Attempt): Promise<void> => {
    if (unwanted.kind === 'granted') await contender.abandon(unwanted.grant);
  };
  try {
    const result = await patience.race(attempt);
    if (!patience.over) return result;
  } catch (error) {
    if (!patience.over) throw error;
  }
  proceed(attempt.then(giveBack));
  return patience.gone;
}
