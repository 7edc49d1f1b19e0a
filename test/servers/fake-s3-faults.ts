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
  /**
   * Answered with an error, a page or whatever `body` is; carried out all the same if `applied`. A page with status 200
   * is what portals answer.
   */
  | {
      readonly status: number;
      readonly code?: string;
      readonly applied?: boolean;
      readonly html?: boolean;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface Strike {
  readonly op: FakeOp;
  /** Default: any. */
  readonly key?: RegExp;
  readonly fault: Fault;
  /** How many requests of the kind go well before. Default 0. */
  readonly after?: number;
  /** How often. Default once. */
  readonly times?: number;
}

/** Each strike hits the first requests of its kind, or those `after` some, and no more than that. */
export function striking(...strikes: readonly Strike[]): (request: FakeRequest) => Fault | undefined {
  const seen = strikes.map(() => 0);
  return ({ op, key }) => {
    let struck: Fault | undefined;
    for (const [index, strike] of strikes.entries()) {
      if (strike.op !== op || strike.key?.test(key) === false) continue;
      const count = (seen[index] ?? 0) - (strike.after ?? 0);
      seen[index] = (seen[index] ?? 0) + 1;
      if (count >= 0 && count < (strike.times ?? 1)) struck ??= strike.fault;
    }
    return struck;
  };
}
