// One of several processes that race for the same directories: node contend.mjs URL JOB
import { contend } from '@holdfast/testkit';
import { webdavVFS } from '@holdfast/webdav';

const [url, job] = process.argv.slice(2);
const vfs = webdavVFS({ url });
console.log(await contend(vfs, job));
await vfs.close();
