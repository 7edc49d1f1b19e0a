// A client of its own process, for races of the conformance suite. Runs what was built.
import { sftpVFS } from '@holdfast/sftp';
import { contend } from '@holdfast/testkit';

process.once('message', async ({ options, job }) => {
  const vfs = sftpVFS(options);
  process.send(await contend(vfs, job));
  await vfs.close();
  process.disconnect();
});
