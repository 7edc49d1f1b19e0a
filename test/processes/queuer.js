// Stands in the queue for a lock once: says `queued` when it has to wait, `granted` and its token when it need not any
// more, and gives the lock back when its input ends.
import { once } from 'node:events';
import { Lock, localVFS } from 'holdfast';

const { folder, staleAfterMs } = JSON.parse(process.argv[2] ?? '{}');
const vfs = localVFS(folder);
const say = (text) => process.stdout.write(`${text}\n`);
let queued = false;
const onEvent = ({ type }) => {
  if (type === 'waiting' && !queued) say('queued');
  queued ||= type === 'waiting';
};
const lock = new Lock(vfs, { id: 'queue', staleAfterMs, onEvent });
const ended = once(process.stdin.resume(), 'end');
const lease = await lock.acquire();
say(`granted ${lease.token}`);
await ended;
await lease.release();
await vfs.close();
