import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { identityOf, nodeIdentity } from './node.js';

const linux = process.platform === 'linux';

describe('the identity of a process', () => {
  it('names this process and host', () => {
    expect(nodeIdentity().self).toMatchObject({ pid: process.pid, host: expect.any(String) });
    expect(nodeIdentity()).toBe(nodeIdentity());
  });

  it.runIf(linux)('proves a death only of this boot, this pid namespace, and this very process', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const { self } = identityOf(child.pid ?? 0);
    const judge = nodeIdentity();
    expect(await judge.isDead(self)).toBe(false);
    expect(await judge.isDead({ ...self, start: '1' })).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await judge.isDead(self)).toBe(true);
    for (const elsewhere of [
      { boot: 'other' },
      { namespace: 'other' },
      { start: undefined },
      { boot: undefined },
    ]) {
      expect(await judge.isDead({ ...self, ...elsewhere })).toBe(false);
    }
  });

  it.runIf(linux)('counts as dead what has ended but was not waited for', async () => {
    // The inner process ends at once; the outer one never waits for it.
    const outer = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = (await once(outer.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      const judge = nodeIdentity();
      const stat = (): string => readFileSync(`/proc/${pid}/stat`, 'latin1');
      const start = stat().split(' ')[21];
      await vi.waitUntil(() => stat().includes(') Z '));
      expect(await judge.isDead({ ...judge.self, pid, start })).toBe(true);
    } finally {
      outer.kill('SIGKILL');
    }
  });
});
