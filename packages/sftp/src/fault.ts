import type { VFSErrorCode } from '@holdfast/vfs';

/** The server answered a request, and refused it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** The number of the protocol, see `status.ts`. */
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

export interface BreakdownInit {
  readonly code: VFSErrorCode;
  /** Whether the request had been sent, so that it may have taken effect. */
  readonly sent: boolean;
  readonly detail: string;
  readonly advice?: string | undefined;
  /** Trying again would come to the same: a wrong key, a host that is not known. */
  readonly final?: boolean | undefined;
}

/** There was no answer, or none that makes sense, or nobody who could be asked. */
export class Breakdown extends Error {
  override readonly name = 'Breakdown';
  readonly code: VFSErrorCode;
  readonly sent: boolean;
  readonly advice: string | undefined;
  readonly final: boolean;

  constructor(init: BreakdownInit) {
    super(init.detail);
    this.code = init.code;
    this.sent = init.sent;
    this.advice = init.advice;
    this.final = init.final ?? false;
  }
}
