// Kills its helper and calls again and again without a pause: retry-at-once.js ROOT. Ends once a call has succeeded.
import { readFileSync } from 'node:fs';
import { localVFS } from '@holdfast/local';

const [root] = process.argv.slice(2);
const vfs = localVFS(root, { filesystem: 'network' });
await vfs.ls('/');
const [helper] = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
  .trim()
  .split(' ')
  .map(Number);
process.kill(helper, 'SIGKILL');
// Dead, and this process has not had a turn to see it.
while (!/^State:\s+Z/m.test(readFileSync(`/proc/${helper}/status`, 'utf8')));
for (let listed = false; !listed;) {
  listed = await vfs.ls('/').then(
    () => true,
    () => false,
  );
}
await vfs.close();
process.stdout.write('listed');
