/** How ssh2 answers. What it hands over came from the server, so it is checked before it counts. */
export type Reply = (error: unknown, value?: unknown) => void;

/**
 * The part of ssh2's SFTP session that is used: one method for each request of the protocol. The calls that
 * ssh2-sftp-client builds on it are not used, since they look first and act then, and so are not exclusive.
 */
export interface Session {
  mkdir(path: string, reply: Reply): void;
  rmdir(path: string, reply: Reply): void;
  unlink(path: string, reply: Reply): void;
  stat(path: string, reply: Reply): void;
  lstat(path: string, reply: Reply): void;
  utimes(path: string, atime: number, mtime: number, reply: Reply): void;
  opendir(path: string, reply: Reply): void;
  readdir(handle: Buffer, options: { full: true }, reply: Reply): void;
  open(path: string, flags: OpenFlags, reply: Reply): void;
  fstat(handle: Buffer, reply: Reply): void;
  read(handle: Buffer, into: Buffer, offset: number, length: number, position: number, reply: Reply): void;
  write(handle: Buffer, data: Buffer, offset: number, length: number, position: number, reply: Reply): void;
  close(handle: Buffer, reply: Reply): void;
  ext_openssh_statvfs(path: string, reply: Reply): void;
}

export type OpenFlags = 'r' | 'w' | 'wx';
