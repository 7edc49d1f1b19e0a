import { ConformanceError } from './verdict.js';

/** What a process of its own is to do: make each of `paths`, in a race with `contenders - 1` others. */
export interface Job {
  readonly me: number;
  readonly contenders: number;
  readonly paths: readonly string[];
  /** The view in which the paths are. */
  readonly scope: string;
  readonly patienceMs: number;
}

export function readJob(text: string): Job {
  const job = parse(text);
  if (typeof job === 'object' && job !== null) {
    const { me, contenders, paths, scope, patienceMs } = job as Partial<Record<keyof Job, unknown>>;
    if (
      typeof me === 'number' &&
      typeof contenders === 'number' &&
      typeof scope === 'string' &&
      typeof patienceMs === 'number' &&
      Array.isArray(paths)
    ) {
      return { me, contenders, scope, patienceMs, paths: paths.map(String) };
    }
  }
  throw new ConformanceError('the job is not what the hook inProcess was called with');
}

/** What `contend` answered: `made`, or the code of the refusal, for each path. */
export function readAnswer(text: string): readonly string[] {
  const answer = parse(text);
  if (Array.isArray(answer)) return answer.map(String);
  throw new ConformanceError('the hook inProcess did not resolve to the answer of contend');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ConformanceError(`not JSON: ${text.slice(0, 200)}`, { cause: error });
  }
}
