// Obtains the lock, tells the token, and holds on until it is killed.
import { Lock } from '@holdfast/lock';
import { s3VFS } from '@holdfast/s3';

const { options, lock } = JSON.parse(process.env.INPUT);
const lease = await new Lock(s3VFS(options), lock).acquire();
process.stdout.write(`${lease.token}\n`);
setInterval(() => undefined, 60_000);
