// Makes /before, takes GROUP for its own groups, makes /after: drop-rights.js ROOT GROUP.
import { localVFS } from '@holdfast/local';

const [root, group] = process.argv.slice(2);
const vfs = localVFS(root, { filesystem: 'network' });
await vfs.mkdir('/before');
process.setgroups([Number(group)]);
process.setgid(Number(group));
await vfs.mkdir('/after');
await vfs.close();
