// Uses a mount with no file handle left, then with some: few-files.js ROOT, under a low `ulimit -n`. Reports as JSON.
import { closeSync, openSync } from 'node:fs';
import { localVFS } from '@holdfast/local';

const [root] = process.argv.slice(2);
const vfs = localVFS(root, { filesystem: 'network' });
// What is loaded on first use needs a file too.
const other = localVFS(root);
await other.ls('/');
const taken = [];
try {
  for (;;) taken.push(openSync(root, 'r'));
} catch (error) {
  if (error.code !== 'EMFILE') throw error;
}
const [refused] = await Promise.allSettled([vfs.mkdir('/refused')]);
for (const fd of taken) closeSync(fd);
await vfs.mkdir('/made');
await vfs.close();
const { code, outcome, advice } = refused.reason;
process.stdout.write(JSON.stringify({ code, outcome, advised: advice !== undefined }));
