import { ConformanceError } from './verdict.js';

/** What a storage may do late is looked for at this pace. */
const LOOK_EVERY_MS = 20;

/** Lets real time pass, for a storage that does something by itself. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Makes `attempt` until it answers with something; throws after `patienceMs`, with the last error if there is one. */
export async function eventually<T>(
  attempt: () => Promise<T | undefined>,
  patienceMs: number,
  what: string,
  everyMs: number = LOOK_EVERY_MS,
): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await attempt();
      if (answer !== undefined) return answer;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > end)
      throw new ConformanceError(`${what} within ${patienceMs} ms`, { cause: failure });
    await pause(everyMs);
  }
}

/** `promise`, or a complaint if it takes longer than `patienceMs`. */
export async function within<T>(promise: Promise<T>, patienceMs: number, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConformanceError(`${what} within ${patienceMs} ms`)), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
