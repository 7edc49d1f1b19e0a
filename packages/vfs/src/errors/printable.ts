/** What could drive a terminal, or hide in a log: control, format, private and unassigned characters, line separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
/** The same but for line feeds, of which a stack has many. */
const UNPRINTABLE_IN_STACK = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

/** `text` with everything that could drive a terminal, or hide in a log, written as an escape. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escape);
}

/** How deep a chain of causes is followed. */
const DEPTH = 8;
/** Characters of a message that are kept: a server's answer can be a whole page. */
const LONGEST_MESSAGE = 2000;

/**
 * `cause` if printing it is harmless, or else a copy that is: `console.error` writes messages and stacks of a whole
 * chain to the terminal as they are, and a message may quote a server.
 */
export function printableCause(cause: unknown, depth: number = DEPTH): unknown {
  if (typeof cause === 'string') return printable(cause.slice(0, LONGEST_MESSAGE));
  if (!(cause instanceof Error)) return cause;
  if (depth === 0) return undefined;
  if (isHarmless(cause, depth)) return cause;
  const inner = printableCause(cause.cause, depth - 1);
  const copy = new Error(
    printable(cause.message.slice(0, LONGEST_MESSAGE)),
    inner === undefined ? {} : { cause: inner },
  );
  copy.name = printable(cause.name);
  if ('code' in cause && typeof cause.code === 'string') Object.assign(copy, { code: printable(cause.code) });
  copy.stack = `${copy.name}: ${copy.message}`;
  return copy;
}

function isHarmless(value: unknown, depth: number): boolean {
  if (!(value instanceof Error)) return typeof value !== 'string' || !UNPRINTABLE_IN_STACK.test(value);
  if (depth === 0 || value.message.length > LONGEST_MESSAGE) return false;
  if (/[\n\r]/.test(value.message)) return false;
  if ([value.name, value.message, value.stack ?? ''].some((text) => UNPRINTABLE_IN_STACK.test(text)))
    return false;
  // Own properties are printed too: causes, the errors of an AggregateError, what a library attaches.
  return Object.getOwnPropertyNames(value)
    .filter((name) => name !== 'stack' && name !== 'message')
    .every((name) => {
      const held = (value as unknown as Record<string, unknown>)[name];
      return Array.isArray(held)
        ? held.every((each) => !(each instanceof Error) || isHarmless(each, depth - 1))
        : !(held instanceof Error) || isHarmless(held, depth - 1);
    });
}

function escape(unit: string): string {
  return `\\u{${(unit.codePointAt(0) ?? 0).toString(16)}}`;
}
