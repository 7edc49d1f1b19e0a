// One of several processes that race for the directories of a job: contend.js ROOT JOB, the answer goes to stdout.
import { localVFS } from '@holdfast/local';
import { contend } from '@holdfast/testkit';

const [root, job] = process.argv.slice(2);
process.stdout.write(await contend(localVFS(root), job));
