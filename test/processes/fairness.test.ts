import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeHistory, type HistoryReport } from '@holdfast/testkit/history';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Contenders } from './contenders.js';
import { eventually } from './eventually.js';
import { seeded, seedOf } from './seeded.js';

const LONG = { timeout: 300_000 };

/**
 * The tokens in the order in which they were held. Only those count of which a proof was written down: who is stopped
 * right after a grant says so when it goes on, and holds nothing by then.
 */
function heldInOrder({ events }: HistoryReport): number[] {
  const proved = new Set(events.flatMap((event) => (event.type === 'release' ? [event.token] : [])));
  return events.flatMap((event) =>
    event.type === 'acquired' && proved.has(event.token) ? [event.token] : [],
  );
}

describe('among processes', () => {
  test('nobody is overtaken by a claim that was made later, whoever is killed or stopped', LONG, async () => {
    const random = seeded(seedOf('order'));
    await using contenders = new Contenders({ holdMs: 1, staleAfterMs: 1_000 });
    for (let count = 0; count < 5; count++) await contenders.start();
    for (let blows = 0; blows < 6; blows++) {
      const before = contenders.grants;
      await eventually(() => contenders.grants > before + 10 + random.below(10), 'the lock is granted on');
      const [victim = ''] = random.shuffle(contenders.names);
      if (blows % 2 === 0) {
        await contenders.kill(victim);
        await contenders.start();
        continue;
      }
      contenders.signal(victim, 'SIGSTOP');
      const since = contenders.grants;
      await eventually(() => contenders.grants > since + 20, 'the others go on');
      contenders.signal(victim, 'SIGCONT');
    }
    await contenders.end();
    const report = contenders.report();
    expect(report.ok, describeHistory(report)).toBe(true);
    const tokens = heldInOrder(report);
    expect(tokens.length).toBeGreaterThan(100);
    expect(tokens).toStrictEqual(tokens.toSorted((a, b) => a - b));
  });

  test('one that is far slower than the others gets a number within ten calls', LONG, async () => {
    await using contenders = new Contenders({ holdMs: 5 });
    for (let count = 0; count < 4; count++) await contenders.start();
    const slow = await contenders.start({ callMs: 30, turns: 12 });
    await eventually(() => !contenders.names.includes(slow), 'the slow one has had its turns');
    await contenders.end();
    const report = contenders.report();
    expect(report.ok, describeHistory(report)).toBe(true);
    const calls = contenders.callsToNumbers(slow);
    expect(calls).toHaveLength(12);
    expect(Math.max(...calls)).toBeLessThanOrEqual(10);
    // The others did not stand still meanwhile.
    expect(report.grants).toBeGreaterThan(48);
  });
});

describe('a queue', () => {
  const SCRIPT = fileURLToPath(new URL('queuer.js', import.meta.url));
  const WINDOW_MS = 6_000;

  let folder = '';
  const started: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-queue-'));
  });
  afterEach(async () => {
    for (const child of started.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts one, and waits until it says how it stands. */
  async function queue(word: 'queued' | 'granted'): Promise<ChildProcess> {
    const child = spawn(process.execPath, [SCRIPT, JSON.stringify({ folder, staleAfterMs: WINDOW_MS })], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    started.push(child);
    expect(await said(child)).toMatch(word);
    return child;
  }

  const said = async ({ stdout }: ChildProcess): Promise<string> =>
    stdout === null ? '' : String(await once(stdout, 'data'));

  test('is held up by dead waiters for a window at most, however many there are', LONG, async () => {
    const holder = await queue('granted');
    const dead = [await queue('queued'), await queue('queued')];
    const next = await queue('queued');
    for (const child of dead) child.kill('SIGSTOP');
    holder.stdin?.end();
    const releasedAt = performance.now();
    expect(await said(next)).toMatch('granted');
    // Less than two windows, which they would take one after the other.
    expect(performance.now() - releasedAt).toBeLessThan(WINDOW_MS + 5_000);
    // They have lost their places, and queue again when they go on.
    const granted = Promise.all(dead.map(said));
    for (const child of dead) child.kill('SIGCONT');
    for (const child of [next, ...dead]) child.stdin?.end();
    expect((await granted).join()).toMatch(/granted.*granted/s);
  });
});
