/** The run itself went wrong, and says nothing of the mutant. */
export class RunError extends Error {
  name = 'RunError';
}

/**
 * What killed the mutant in a run of the tests; `undefined` if nothing did. Only a test that failed, or an error that came
 * out of what was tested, counts: a run that broke off has noticed nothing.
 *
 * @param sources the folders whose code is tested: an unhandled error that comes from elsewhere is the test runner's own
 * @throws RunError if the run shows nothing
 */
export function killerIn({ status, signal, report, stderr }, sources) {
  if (report === undefined)
    throw new RunError(
      `The tests broke off (${signal ?? `status ${status}`}): ${stderr.trim().slice(-2000)}`,
    );
  const { tests, failed, unloaded, unhandled } = report;
  if (failed.length > 0) return `${failed[0].file}: "${failed[0].name}"`;
  const stray = unhandled.find(({ stack }) => sources.some((folder) => stack.includes(folder)));
  if (stray !== undefined) return `the tests, by an error that nobody handles: ${stray.message}`;
  if (unhandled.length > 0) throw new RunError(`The test runner failed: ${unhandled[0].message}`);
  if (unloaded.length > 0)
    throw new RunError(
      `${unloaded[0].file} does not load, although the lock does: ${unloaded[0].message}. Run it on the lock as it is`,
    );
  if (tests === 0) throw new RunError('No test was run. Does the file that list.mjs names as killer exist?');
  if (status !== 0) throw new RunError(`The tests passed and ended with ${signal ?? `status ${status}`}`);
  return undefined;
}
