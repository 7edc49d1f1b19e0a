// Opens, uses in vain and closes a mount that hangs, ROUNDS times: open-again.js ROOT ROUNDS. Says "ready", waits for a
// line on stdin, says what each round came to, and goes on until stdin ends.
import { once } from 'node:events';
import { localVFS } from '@holdfast/local';

const [root, rounds] = process.argv.slice(2);
const open = () => localVFS(root, { filesystem: 'network', deadlineMs: 500 });
const first = open();
// On a busy machine it can take a while to start the helper.
for (let listed = false; !listed;) {
  listed = await first.ls('/').then(
    () => true,
    () => false,
  );
}
process.stdout.write('ready\n');
await once(process.stdin, 'data');
await first.close();

const results = [];
for (let round = 0; round < Number(rounds); round++) {
  const vfs = open();
  const [{ reason }] = await Promise.allSettled([vfs.mkdir(`/d${round}`)]);
  results.push(reason?.code);
  await vfs.close();
}
process.stdout.write(`${JSON.stringify(results)}\n`);
process.stdin.resume();
