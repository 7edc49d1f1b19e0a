import { VFSError } from '@holdfast/vfs';

/** @param what the part of the URL that is meant; never the whole of it, which may carry a password */
export function refused(what: string, detail: string, advice: string): VFSError {
  return new VFSError({ code: 'EINVAL', op: 'open', path: what, adapter: 'openVFS', detail, advice });
}
