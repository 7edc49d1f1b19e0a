import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { identityOf, nodeIdentity } from './node-identity.js';

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
    expect(judge.isDead(self)).toBe(false);
    expect(judge.isDead({ ...self, start: '1' })).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(judge.isDead(self)).toBe(true);
    for (const elsewhere of [
      { boot: 'other' },
      { pidNamespace: 'other' },
      { timeNamespace: 'other' },
      { start: undefined },
      { boot: undefined },
    ]) {
      expect(judge.isDead({ ...self, ...elsewhere })).toBe(false);
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
      expect(judge.isDead({ ...judge.self, pid, start })).toBe(true);
    } finally {
      outer.kill('SIGKILL');
    }
  });
});

describe('a pid namespace without a /proc of its own', () => {
  // There /proc/PID is another process of the outer namespace, under the same boot id and namespace.
  it.runIf(linux && process.getuid?.() === 0)('lets nothing be proved', () => {
    const file = fileURLToPath(new URL('../../dist/node.js', import.meta.url));
    const code = `import(${JSON.stringify(file)}).then((m) => console.log(JSON.stringify(m.nodeIdentity().self)))`;
    const said = execFileSync('unshare', ['--pid', '--fork', process.execPath, '-e', code], {
      encoding: 'utf8',
    });
    const self = JSON.parse(said) as { pid: number; start?: string };
    expect([self.pid, self.start]).toEqual([1, undefined]);
  });
});
