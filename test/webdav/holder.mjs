// Takes the lock and works under it until it is killed or told to stop: node holder.mjs URL STALE_AFTER_MS
import { Lock } from '@holdfast/lock';
import { HistoryRecorder } from '@holdfast/testkit';
import { webdavVFS } from '@holdfast/webdav';

const [url, staleAfterMs] = process.argv.slice(2);
const vfs = webdavVFS({ url, deadlineMs: 20_000 });
const lock = new Lock(vfs, { id: 'deploy', staleAfterMs: Number(staleAfterMs), pollMs: 100 });
const record = new HistoryRecorder({
  process: `${process.pid}`,
  lock: lock.id,
  write: (line) => process.stdout.write(line),
});

const told = new AbortController();
process.stdin.once('data', () => told.abort());
record.acquire();
const lease = await lock.acquire();
record.acquired(lease);
while (!told.signal.aborted && record.held(lease)) await new Promise((resolve) => setTimeout(resolve, 10));
record.release(lease);
await lease.release();
record.released(lease);
await vfs.close();
process.stdin.destroy();
