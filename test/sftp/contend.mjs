// A client of its own process, for races of the conformance suite. Runs what was built.
import { once } from 'node:events';
import { sftpVFS } from '@holdfast/sftp';
import { contend } from '@holdfast/testkit';

const [{ options, job }] = await once(process, 'message');
const vfs = sftpVFS(options);
process.send(await contend(vfs, job));
await vfs.close();
process.disconnect();
