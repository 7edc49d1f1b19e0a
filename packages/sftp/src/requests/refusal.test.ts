import { VFS_ERROR_CODES, type VFSErrorCode } from '@holdfast/vfs';
import { describe, expect, test } from 'vitest';
import type { SftpDriver } from '../driver.js';
import { STATUS } from '../errors.js';
import {
  at,
  DIRECTORY,
  driverOn,
  failureOf,
  FILE,
  LINK,
  refusal,
  type Known,
} from '../scripted-server.fixture.js';
import type { Reply, Session } from '../transport/session.js';

describe('a status that says enough', () => {
  test.each([...STATUS].filter(([, { look }]) => look !== true).map(([status, { code }]) => [status, code]))(
    '%i is %s',
    async (status, code) => {
      const { driver, asked } = driverOn({ mkdir: (_, reply) => reply(refusal(status)) });
      const failure = await failureOf(driver.mkdir(at('/a'), undefined));
      expect(failure.code).toBe(code);
      expect(failure.outcome).toBe(status === 6 || status === 7 ? 'unknown' : 'failed');
      expect(asked).toEqual(['mkdir', 'lstat']);
    },
  );

  test('is in the closed list of the contract', () => {
    for (const { code } of STATUS.values()) expect(VFS_ERROR_CODES).toContain(code);
  });

  test('is EIO where nobody knows the number', async () => {
    const { driver } = driverOn({ mkdir: (_, reply) => reply(refusal(4711)) });
    expect(await failureOf(driver.mkdir(at('/a'), undefined))).toEqual({ code: 'EIO', outcome: 'failed' });
  });
});

type Op = 'mkdir' | 'writeFile' | 'writeNew' | 'readFile' | 'ls' | 'stat' | 'chtimes' | 'rmdir' | 'unlink';
type Found = Known | 'nothing' | 'hidden';

/** What is asked first, and what carries the operation out. */
const REQUESTS: Record<Op, keyof Session> = {
  mkdir: 'mkdir',
  writeFile: 'open',
  writeNew: 'open',
  readFile: 'open',
  ls: 'opendir',
  stat: 'stat',
  chtimes: 'utimes',
  rmdir: 'rmdir',
  unlink: 'unlink',
};

function call(driver: SftpDriver, op: Op): Promise<unknown> {
  const path = at('/d/a');
  const data = new Uint8Array();
  switch (op) {
    case 'mkdir':
      return driver.mkdir(path, undefined);
    case 'writeFile':
      return driver.writeFile(path, data, { exclusive: false }, undefined);
    case 'writeNew':
      return driver.writeFile(path, data, { exclusive: true }, undefined);
    case 'readFile':
      return driver.readFile(path, { maxBytes: Infinity }, undefined);
    case 'ls':
      return driver.ls(path, undefined);
    case 'stat':
      return driver.stat(path, undefined);
    case 'chtimes':
      return driver.chtimes(path, new Date(0), new Date(0), undefined);
    case 'rmdir':
    case 'unlink':
      return driver.rm(path, undefined);
  }
}

function seeing(found: Found, reply: Reply): void {
  if (found === 'nothing') reply(refusal(2));
  else if (found === 'hidden') reply(refusal(3));
  else reply(undefined, found);
}

describe('a status that says too little is told by what is there', () => {
  test.each<[op: Op, status: number, there: Found, parent: Found, code: VFSErrorCode]>([
    ['mkdir', 4, DIRECTORY, DIRECTORY, 'EEXIST'],
    ['mkdir', 4, FILE, DIRECTORY, 'EEXIST'],
    ['mkdir', 4, LINK, DIRECTORY, 'EEXIST'],
    ['mkdir', 4, 'nothing', 'nothing', 'ENOENT'],
    ['mkdir', 4, 'nothing', FILE, 'ENOTDIR'],
    ['mkdir', 4, 'nothing', DIRECTORY, 'EIO'],
    ['mkdir', 4, 'hidden', 'hidden', 'EIO'],
    ['mkdir', 2, 'nothing', 'nothing', 'ENOENT'],
    ['mkdir', 2, 'nothing', FILE, 'ENOTDIR'],
    ['mkdir', 2, 'nothing', DIRECTORY, 'ENOENT'],
    ['mkdir', 3, 'nothing', DIRECTORY, 'EACCES'],
    ['mkdir', 3, DIRECTORY, DIRECTORY, 'EEXIST'],
    ['writeFile', 4, DIRECTORY, DIRECTORY, 'EISDIR'],
    ['writeFile', 3, DIRECTORY, DIRECTORY, 'EISDIR'],
    ['writeFile', 4, 'nothing', 'nothing', 'ENOENT'],
    ['writeFile', 2, 'nothing', FILE, 'ENOTDIR'],
    ['writeFile', 4, FILE, DIRECTORY, 'EIO'],
    ['writeFile', 3, FILE, DIRECTORY, 'EACCES'],
    ['writeNew', 4, FILE, DIRECTORY, 'EEXIST'],
    ['writeNew', 4, LINK, DIRECTORY, 'EEXIST'],
    ['writeNew', 4, DIRECTORY, DIRECTORY, 'EEXIST'],
    ['writeNew', 4, 'nothing', DIRECTORY, 'EIO'],
    ['readFile', 4, DIRECTORY, DIRECTORY, 'EISDIR'],
    ['readFile', 3, DIRECTORY, DIRECTORY, 'EISDIR'],
    ['readFile', 3, FILE, DIRECTORY, 'EACCES'],
    ['readFile', 4, 'nothing', DIRECTORY, 'ENOENT'],
    ['readFile', 4, FILE, DIRECTORY, 'EIO'],
    ['ls', 2, FILE, DIRECTORY, 'ENOTDIR'],
    ['ls', 4, FILE, DIRECTORY, 'ENOTDIR'],
    ['ls', 2, 'nothing', DIRECTORY, 'ENOENT'],
    ['ls', 4, 'nothing', DIRECTORY, 'ENOENT'],
    ['ls', 3, DIRECTORY, DIRECTORY, 'EACCES'],
    ['chtimes', 4, 'nothing', DIRECTORY, 'ENOENT'],
    ['chtimes', 4, FILE, DIRECTORY, 'EIO'],
    ['chtimes', 3, FILE, DIRECTORY, 'EACCES'],
    ['unlink', 4, FILE, DIRECTORY, 'EIO'],
    ['unlink', 3, FILE, DIRECTORY, 'EACCES'],
  ])('%s, status %i', async (op, status, there, parent, code) => {
    const look = (path: string, reply: Reply): void => {
      if (path === '/base') reply(undefined, DIRECTORY);
      else seeing(path === '/base/d' ? parent : there, reply);
    };
    const { driver } = driverOn({
      stat: look,
      lstat: look,
      [REQUESTS[op]]: (_: string, reply: Reply) => reply(refusal(status)),
    });
    expect(await failureOf(call(driver, op))).toEqual({ code, outcome: 'failed' });
  });

  test.each<[names: string[], code: VFSErrorCode]>([
    [['.', '..', 'f'], 'ENOTEMPTY'],
    [['.', '..'], 'EIO'],
  ])('rmdir of a directory with %j', async (names, code) => {
    let parts = [names.map((filename) => ({ filename, longname: '', attrs: FILE }))];
    const { driver } = driverOn({
      rmdir: (_, reply) => reply(refusal(4)),
      readdir: (_, reply) => {
        const [part] = parts;
        parts = [];
        if (part === undefined) reply(refusal(1));
        else reply(undefined, part);
      },
    });
    expect(await failureOf(driver.rm(at('/d/a'), undefined))).toEqual({ code, outcome: 'failed' });
  });

  test.each<[string, Record<string, number>, VFSErrorCode]>([
    ['no blocks', { f_bavail: 0, f_favail: 9, f_files: 9, f_flag: 0 }, 'ENOSPC'],
    ['no more files', { f_bavail: 9, f_favail: 0, f_files: 9, f_flag: 0 }, 'ENOSPC'],
    ['no count of files', { f_bavail: 9, f_favail: 0, f_files: 0, f_flag: 0 }, 'EIO'],
    ['nothing amiss', { f_bavail: 9, f_favail: 9, f_files: 9, f_flag: 2 }, 'EIO'],
    ['a read-only mount', { f_bavail: 9, f_favail: 9, f_files: 9, f_flag: 1 }, 'EACCES'],
  ])('mkdir on a file system with %s', async (_, room, code) => {
    const { driver } = driverOn({
      mkdir: (__, reply) => reply(refusal(4)),
      lstat: (__, reply) => reply(refusal(2)),
      ext_openssh_statvfs: (__, reply) => reply(undefined, room),
    });
    expect((await failureOf(driver.mkdir(at('/d/a'), undefined))).code).toBe(code);
  });

  test.each(['No space left on device', 'Disk quota exceeded', 'Quota exceeded', 'Out of disk space'])(
    '%s',
    async (text) => {
      const { driver } = driverOn({
        mkdir: (_, reply) => reply(refusal(4, text)),
        lstat: (_, reply) => reply(refusal(2)),
      });
      expect((await failureOf(driver.mkdir(at('/d/a'), undefined))).code).toBe('ENOSPC');
    },
  );
});
