import type { VFSErrorCode } from '@holdfast/vfs';

/**
 * Thrown by the tree that refuses a call. Nothing refused ever took effect. No `Error`: nobody sees it before the driver
 * has made one of it, and to write down a stack takes longer than a call in memory.
 */
export class Refusal {
  readonly code: VFSErrorCode;

  constructor(code: VFSErrorCode) {
    this.code = code;
  }
}
