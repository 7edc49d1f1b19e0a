// One of several processes that race for the same directories.
import { s3VFS } from '@holdfast/s3';
import { contend } from '@holdfast/testkit';

const { options, job } = JSON.parse(process.env.INPUT);
const vfs = s3VFS(options);
console.log(await contend(vfs, job));
await vfs.close();
