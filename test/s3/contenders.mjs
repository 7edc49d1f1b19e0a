// Several contenders of one process. Each obtains the lock once, and adds one to a counter that only the lock guards.
import { Lock } from '@holdfast/lock';
import { s3VFS } from '@holdfast/s3';
import { HistoryRecorder } from '@holdfast/testkit';

const { options, count, lock: lockOptions } = JSON.parse(process.env.INPUT);

async function contend(number) {
  // A client of its own, so that contenders of one process know nothing of each other.
  const vfs = s3VFS(options);
  const lock = new Lock(vfs, lockOptions);
  const record = new HistoryRecorder({
    process: `${process.pid}-${number}`,
    lock: lock.id,
    write: (line) => process.stdout.write(line),
  });
  record.acquire();
  const lease = await lock.acquire();
  record.acquired(lease);
  const from = Number(new TextDecoder().decode(await vfs.readFile('/counter')));
  record.held(lease);
  await vfs.writeFile('/counter', String(from + 1));
  record.update(lease, from, from + 1);
  record.release(lease);
  await lease.release();
  record.released(lease);
  await vfs.close();
}

await Promise.all(Array.from({ length: count }, (_, number) => contend(number)));
