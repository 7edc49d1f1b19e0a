// A program that uses SFTP and then has nothing more to do. It closes nothing: it must end all the same.
import { once } from 'node:events';
import { Lock } from '@holdfast/lock';
import { sftpVFS } from '@holdfast/sftp';

const [{ options, what }] = await once(process, 'message');
const title = process.title;
const vfs = sftpVFS({ ...options, idleMs: 3_600_000 });
await vfs.ls('/');
if (what === 'lock') {
  const lock = new Lock(vfs, { id: 'short' });
  const lease = await lock.acquire();
  await lease.release();
}
process.send({ titleKept: process.title === title });
process.disconnect();
