// Opens all that can be open, and leaves it so: leave-open.js ROOT. Ends by itself, for none of it is work.
import { localVFS } from '@holdfast/local';

const [root] = process.argv.slice(2);
const disk = localVFS(root);
await disk.watch('/', () => undefined);
const mount = localVFS(root, { filesystem: 'network' });
process.stdout.write(JSON.stringify(await mount.ls('/')));
