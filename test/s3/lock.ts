import { Lock } from '@holdfast/lock';
import { s3VFS, type S3VFSOptions } from '@holdfast/s3';
import { checkHistory, parseHistory } from '@holdfast/testkit';
import { once } from 'node:events';
import { beforeAll, expect, test } from 'vitest';
import { runScript, startScript } from '../servers/node-script.js';
import { makeBucket, type S3Server } from '../servers/s3-server.js';

const PROCESSES = 4;
const CONTENDERS = 20;

/** Long enough for a machine with much else to do. */
const PATIENCE = { timeout: 240_000 };

const script = (name: string): URL => new URL(name, import.meta.url);

/** The lock on a real server, from several processes. */
export function s3Lock(server: () => S3Server): void {
  let bucket: S3VFSOptions;
  beforeAll(async () => {
    bucket = await makeBucket(server(), 'locks');
  });

  test('20 contenders of 4 processes hold the lock one after the other', PATIENCE, async () => {
    const options: S3VFSOptions = { ...bucket, prefix: 'contenders' };
    const vfs = s3VFS(options);
    await vfs.writeFile('/counter', '0');
    const lock = { id: 'counter', pollMs: 200 };
    const lines = await Promise.all(
      Array.from({ length: PROCESSES }, () =>
        runScript(script('contenders.mjs'), { options, lock, count: CONTENDERS / PROCESSES }),
      ),
    );
    const counter = Number(new TextDecoder().decode(await vfs.readFile('/counter')));
    await vfs.close();
    const events = lines.flatMap((text) => parseHistory(`${text}\n`));
    const report = checkHistory(events, { counters: { counter } });
    expect(report.violations).toEqual([]);
    expect(report.grants).toBe(CONTENDERS);
    expect(counter).toBe(CONTENDERS);
  });

  test('a holder that is killed is followed by another process, with a higher token', PATIENCE, async () => {
    const options: S3VFSOptions = { ...bucket, prefix: 'killed' };
    const lockOptions = { id: 'killed', staleAfterMs: 4_000, pollMs: 200 };
    const holder = startScript(script('holder.mjs'), { options, lock: lockOptions });
    const exit = once(holder, 'exit');
    try {
      const [line] = (await once(holder.stdout ?? holder, 'data')) as [Buffer];
      const token = Number(line.toString());
      const vfs = s3VFS(options);
      const lock = new Lock(vfs, lockOptions);
      expect((await lock.inspect()).holders.map((claim) => claim.token)).toEqual([token]);
      holder.kill('SIGKILL');
      await exit;
      const lease = await lock.acquire();
      expect(lease.token).toBeGreaterThan(token);
      await lease.release();
      await vfs.close();
    } finally {
      holder.kill('SIGKILL');
    }
  });
}
