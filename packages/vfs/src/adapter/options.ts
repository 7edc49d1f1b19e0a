import type { Clock } from '../contract/clock.js';
import { VFSError } from '../errors/error.js';
import { describeIssues, type Issue } from '../errors/issues.js';

/** The error for an option, or a part of a URL, that cannot be used. Name the option, never its value: it may be secret. */
export function optionError(
  adapter: string,
  detail: string,
  advice = 'Correct or leave out the option',
): VFSError {
  return new VFSError({ code: 'EINVAL', op: 'open', path: '/', adapter, detail, advice });
}

/** The part of a zod object schema that is used, so that `@holdfast/vfs` itself needs no zod. */
export interface OptionsSchema<T> {
  readonly shape: Readonly<Record<string, unknown>>;
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
}

/**
 * The options as `schema` has them, or an error that names each one that is wrong and lists those that there are.
 *
 * @param type the name of the type that documents them, for instance `S3VFSOptions`
 */
export function parseOptions<T>(
  schema: OptionsSchema<T>,
  options: unknown,
  adapter: string,
  type: string,
): T {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const known = Object.keys(schema.shape).join(', ');
  throw optionError(adapter, describeIssues(parsed.error), `The options are ${known}; see ${type}`);
}

/** Whether `value` can serve as the option `clock`. */
export function isClock(value: unknown): value is Clock {
  if (typeof value !== 'object' || value === null) return false;
  const methods = value as Partial<Record<keyof Clock, unknown>>;
  return [methods.monotonic, methods.wall, methods.schedule].every((method) => typeof method === 'function');
}
