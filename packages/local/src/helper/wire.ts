import type { VFSErrorCode } from '@holdfast/vfs';
import { errnoOf, HalfDone, Refusal } from '../errors.js';
import type { AnswerOf, ArgumentsOf, OperationName } from '../operations/operations.js';
import type { RootConfig } from '../root-config.js';

/** One operation, sent to the helper process. */
export type Order = {
  [N in OperationName]: {
    readonly id: number;
    readonly config: RootConfig;
    readonly name: N;
    readonly rest: ArgumentsOf<N>;
  };
}[OperationName];

/** What became of it. */
export type Report =
  | { readonly id: number; readonly answer: AnswerOf<OperationName> }
  | { readonly id: number; readonly fault: Fault };

/** An error as data. */
export type Fault =
  | { readonly kind: 'errno'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'refusal';
      readonly code: VFSErrorCode;
      readonly message: string;
      readonly advice: string | undefined;
    }
  | { readonly kind: 'half-done'; readonly cause: Fault };

export function toFault(error: unknown): Fault {
  if (error instanceof HalfDone) return { kind: 'half-done', cause: toFault(error.cause) };
  if (error instanceof Refusal) {
    return { kind: 'refusal', code: error.code, message: error.message, advice: error.advice };
  }
  return {
    kind: 'errno',
    // The numbers of errnos are the helper's own business: it is the same machine, but only a name says it all.
    code: errnoOf(error),
    message: error instanceof Error ? error.message : String(error),
  };
}

export function fromFault(fault: Fault): unknown {
  switch (fault.kind) {
    case 'half-done':
      return new HalfDone(fromFault(fault.cause));
    case 'refusal':
      return new Refusal(fault.code, fault.message, fault.advice);
    case 'errno':
      return Object.assign(new Error(fault.message), { code: fault.code });
  }
}
