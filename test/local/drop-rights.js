// Makes /before, takes GROUP and perhaps USER for its own, makes /after: drop-rights.js ROOT GROUP [USER]. Says what came
// of that, and goes on until stdin ends.
import { localVFS } from '@holdfast/local';

const [root, group, user] = process.argv.slice(2);
const vfs = localVFS(root, { filesystem: 'network' });
await vfs.mkdir('/before');
process.setgroups([Number(group)]);
process.setgid(Number(group));
if (user !== undefined) process.setuid(Number(user));
const [{ status }] = await Promise.allSettled([vfs.mkdir('/after')]);
process.stdout.write(`${status}\n`);
process.stdin.resume();
