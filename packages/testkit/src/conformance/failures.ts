import type { Place } from './place.js';
import { vfsConformance, type ConformanceOptions } from './vfs-conformance.js';

/** What {@link conformanceFailures} runs, and on what; see {@link ConformanceOptions}. */
export interface ConformanceFailuresOptions<P extends Place = Place> extends Omit<
  ConformanceOptions<P>,
  'test'
> {
  /** Names of the cases to run. Default: all. */
  readonly only?: readonly string[];
}

/** What the suite found: for each case that failed its name and what it threw. */
export type ConformanceFailures = ReadonlyMap<string, unknown>;

/**
 * Runs the conformance suite without a test runner, one case after the other. An empty answer is a pass.
 *
 * @throws `ConformanceError` if an exception is declared for what is neither a name of the table nor a kind
 *
 * @example
 * const failures = await conformanceFailures({ factory });
 * for (const [name, error] of failures) console.error(name, error);
 */
export async function conformanceFailures<P extends Place>({
  only,
  ...options
}: ConformanceFailuresOptions<P>): Promise<ConformanceFailures> {
  const cases: (readonly [name: string, run: () => Promise<void>])[] = [];
  vfsConformance({
    ...options,
    test: (name, run) => {
      if (only === undefined || only.includes(name)) cases.push([name, run]);
    },
  });
  const failures = new Map<string, unknown>();
  for (const [name, run] of cases) {
    try {
      await run();
    } catch (error) {
      failures.set(name, error);
    }
  }
  return failures;
}
