/** What came of running the tests on a mutant. */
export interface TestRun {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  /** What reporter.mjs wrote; nothing if it did not come to that. */
  readonly report:
    | {
        readonly tests: number;
        readonly failed: readonly { readonly file: string; readonly name: string }[];
        readonly unloaded: readonly { readonly file: string; readonly message: string }[];
        readonly unhandled: readonly { readonly message: string; readonly stack: string }[];
      }
    | undefined;
}

export class RunError extends Error {}

export function killerIn(run: TestRun, sources: readonly string[]): string | undefined;
