import type { Mode } from '../ledger/index.js';
import { domException } from './dom-exception.js';
import { idOfName } from './names.js';
import type { StorageLock } from './types.js';

/** A request whose arguments are checked. */
export interface RequestArguments {
  readonly name: string;
  readonly id: string;
  readonly mode: Mode;
  readonly ifAvailable: boolean;
  readonly steal: boolean;
  readonly signal: AbortSignal | undefined;
  readonly callback: (lock: StorageLock | null) => unknown;
}

/**
 * Checks the arguments of `request` in the order of the standard: first their types, as Web IDL converts them (a name to text, the
 * members of options by their names), then what the steps of the method refuse.
 *
 * @throws `TypeError`, a `NotSupportedError`, or the reason of a signal that is aborted
 */
export function parseArguments(given: readonly unknown[]): RequestArguments {
  if (given.length < 2)
    throw new TypeError(`request takes a name and a callback, and ${given.length} was given`);
  const name = toText(given[0]);
  const { ifAvailable, mode, signal, steal } = toOptions(given.length > 2 ? given[1] : undefined);
  const callback = given.length > 2 ? given[2] : given[1];
  if (typeof callback !== 'function') throw new TypeError('callback must be a function');

  if (name.startsWith('-')) throw unsupported('a name must not begin with "-"');
  if (steal && ifAvailable) throw unsupported('steal and ifAvailable exclude each other');
  if (steal && mode !== 'exclusive') throw unsupported('only an exclusive lock can be stolen');
  if (signal !== undefined && (steal || ifAvailable))
    throw unsupported('a signal cannot be given together with steal or ifAvailable');
  signal?.throwIfAborted();
  const id = idOfName(name);
  if (id === undefined) throw unsupported('the name is too long for a storage: it may have about 230 bytes');
  return { name, id, mode, ifAvailable, steal, signal, callback: callback as RequestArguments['callback'] };
}

/** Each member is read once, in the order of their names. */
function toOptions(value: unknown): Pick<RequestArguments, 'ifAvailable' | 'mode' | 'signal' | 'steal'> {
  if (value === undefined || value === null)
    return { ifAvailable: false, mode: 'exclusive', signal: undefined, steal: false };
  if (typeof value !== 'object' && typeof value !== 'function')
    throw new TypeError('options must be an object');
  const members = value as Record<string, unknown>;
  const ifAvailable = Boolean(members['ifAvailable']);
  const mode = toMode(members['mode']);
  const signal = toSignal(members['signal']);
  return { ifAvailable, mode, signal, steal: Boolean(members['steal']) };
}

/** As the language makes text of anything where it expects some, so not of symbols. */
function toText(value: unknown): string {
  if (typeof value === 'symbol') throw new TypeError('a symbol is no text');
  return String(value);
}

function toMode(value: unknown): Mode {
  if (value === undefined) return 'exclusive';
  const mode = toText(value);
  if (mode !== 'exclusive' && mode !== 'shared') throw new TypeError('mode must be "exclusive" or "shared"');
  return mode;
}

function toSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw new TypeError('signal must be an AbortSignal');
}

function unsupported(message: string): DOMException {
  return domException('NotSupportedError', message);
}
