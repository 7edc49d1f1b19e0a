import { isVFSError, printable } from '@holdfast/vfs';

export type DOMExceptionName = 'NotSupportedError' | 'AbortError' | 'SecurityError' | 'InvalidStateError';

/** An error as the standard has it. */
export function domException(name: DOMExceptionName, message: string, cause?: unknown): DOMException {
  const error = new DOMException(printable(message), name);
  if (cause !== undefined)
    Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true });
  return error;
}

/**
 * A storage that denies access is what an opaque origin is in a browser, and one that was closed a document that is not active
 * any more. All else passes as it is.
 */
export function asStandard(error: unknown): unknown {
  if (isVFSError(error) && error.closed) return domException('InvalidStateError', error.message, error);
  if (!isVFSError(error, 'EACCES', 'EAUTH')) return error;
  return domException('SecurityError', error.message, error);
}
