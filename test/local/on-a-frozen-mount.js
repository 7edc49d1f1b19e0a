// What a process can still do while a mount hangs: on-a-frozen-mount.js ROOT. Says "ready", waits for a line on stdin,
// reports as JSON, and ends with status 7.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { localVFS } from '@holdfast/local';

const [root] = process.argv.slice(2);
const vfs = localVFS(root, { filesystem: 'network', deadlineMs: 500 });
// On a busy machine it can take a while to start the helper.
for (let listed = false; !listed;) {
  listed = await vfs.ls('/').then(
    () => true,
    () => false,
  );
}
process.stdout.write('ready\n');
await once(process.stdin, 'data');

const calls = Array.from({ length: 6 }, (_, call) => vfs.mkdir(`/d${call}`));
const aborted = vfs.mkdir('/aborted', { signal: AbortSignal.timeout(50) });
// As many reads at once as the thread pool has threads, and more.
const elsewhere = await Promise.all(
  Array.from({ length: 8 }, () => readFile(new URL(import.meta.url), 'utf8')),
);
const results = await Promise.allSettled([...calls, aborted]);
const again = await Promise.allSettled([vfs.writeFile('/f', 'x')]);
await vfs.close();

const seen = ({ reason }) => (reason?.name === 'VFSError' ? [reason.code, reason.outcome] : reason?.name);
const report = { results: results.map(seen), again: again.map(seen), elsewhere: elsewhere.length };
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(7));
