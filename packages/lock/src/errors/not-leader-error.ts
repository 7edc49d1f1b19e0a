import { LockError } from './lock-error.js';

/** Only a leader can proclaim a value, and this candidate has not been elected. */
export class NotLeaderError extends LockError {
  override readonly name = 'NotLeaderError';
  readonly code = 'ENOTLEADER';
  readonly id: string;

  constructor(id: string) {
    super(`This candidate does not lead "${id}". Await campaign() first.`);
    this.id = id;
  }
}
