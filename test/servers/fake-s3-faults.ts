import type { FakeOp, FakeRequest } from './fake-s3.js';

/** What may go wrong with a request. */
export type Fault =
  /** The condition of a create is not looked at. */
  | 'ignoreCondition'
  /** The condition is looked at, and the object written later: two at the same time both pass. */
  | 'checkEarly'
  /** Carried out, and the connection cut instead of an answer. */
  | 'loseReply'
  /** The connection cut, nothing done. */
  | 'dropRequest'
  /** Nothing done and nothing answered until `release`, which carries it out: whoever asked has long gone. */
  | 'hang'
  /** Answered 200 with something that is not S3's. */
  | 'garbage'
  /** Answered with an error; carried out all the same if `applied`. */
  | { readonly status: number; readonly code?: string; readonly applied?: boolean; readonly html?: boolean };

export interface Strike {
  readonly op: FakeOp;
  /** Default: any. */
  readonly key?: string;
  readonly fault: Fault;
  /** How often. Default once. */
  readonly times?: number;
}

/** Faults that strike the first requests of their kind, and no more after that. */
export function striking(...strikes: readonly Strike[]): (request: FakeRequest) => Fault | undefined {
  const struck = strikes.map(() => 0);
  return ({ op, key }) => {
    const due = strikes.findIndex(
      (strike, index) =>
        strike.op === op && (strike.key ?? key) === key && (struck[index] ?? 0) < (strike.times ?? 1),
    );
    if (due === -1) return undefined;
    struck[due] = (struck[due] ?? 0) + 1;
    return strikes[due]?.fault;
  };
}
