import { printable, VFSError } from '@holdfast/vfs';

/** Refuses what `s3VFS` or a URL was given. Never quotes a value: one in the wrong place may be a secret. */
export function refused(detail: string, advice: string): VFSError {
  return new VFSError({
    code: 'EINVAL',
    op: 'open',
    path: 's3:',
    adapter: 's3',
    detail: printable(detail),
    advice,
  });
}
