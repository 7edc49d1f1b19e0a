import { Guardian } from './guardian/guardian.js';

/**
 * `holdfast run`: starts the guardian first of all. It needs as long to start as this process to load the rest, so the
 * command does not wait for it.
 *
 * @param options as they were given on the command line
 * @returns the exit status
 */
export async function startRun(options: object): Promise<number> {
  const starting = Guardian.start();
  try {
    const [{ parseRun }, { run }] = await Promise.all([import('../settings.js'), import('./run.js')]);
    return await run(parseRun(options), starting);
  } finally {
    void starting.then((guardian) => guardian?.dismiss());
  }
}
