/** What is to run when a signal aborts. */
interface Watched {
  readonly runs: Set<() => void>;
  readonly listener: () => void;
}

const watched = new WeakMap<AbortSignal, Watched>();

/**
 * Calls `run` once when `signal`, which has not aborted yet, aborts.
 *
 * Hundreds of calls may share the signal of a program that shuts down. They share one listener, since Node warns of a leak
 * when a signal has more than ten.
 *
 * @returns what takes it back
 */
export function whenAborted(signal: AbortSignal, run: () => void): () => void {
  const { runs, listener } = watched.get(signal) ?? watch(signal);
  // A function of its own, so that the same `run` given twice counts twice.
  const once = (): void => run();
  runs.add(once);
  return () => {
    runs.delete(once);
    if (runs.size > 0 || watched.get(signal)?.runs !== runs) return;
    watched.delete(signal);
    signal.removeEventListener('abort', listener);
  };
}

function watch(signal: AbortSignal): Watched {
  const runs = new Set<() => void>();
  const listener = (): void => {
    watched.delete(signal);
    for (const run of runs) run();
  };
  const made = { runs, listener };
  watched.set(signal, made);
  signal.addEventListener('abort', listener, { once: true });
  return made;
}
