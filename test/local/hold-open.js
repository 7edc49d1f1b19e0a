// Keeps a mount open: hold-open.js ROOT. Says "ready", then one line for each line on stdin, once it has made a call.
import { createInterface } from 'node:readline';
import { localVFS } from '@holdfast/local';

const [root] = process.argv.slice(2);
const vfs = localVFS(root, { filesystem: 'network' });
await vfs.ls('/');
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  await vfs.mkdir(`/${line}`);
  process.stdout.write(`${line}\n`);
}
