import { describeHistory } from '@holdfast/testkit/history';
import { describe, expect, test } from 'vitest';
import { Contenders } from './contenders.js';
import { eventually } from './eventually.js';
import { seeded, seedOf } from './seeded.js';

describe('many processes and one lock on a local disk', () => {
  test(
    'lose no update and never hold it at the same time: eight, two hundred times each',
    { timeout: 300_000 },
    async () => {
      await using contenders = new Contenders({ turns: 200, counts: true });
      await Promise.all(Array.from({ length: 8 }, () => contenders.start()));
      await contenders.end();
      const report = contenders.report();
      expect(report.ok, describeHistory(report)).toBe(true);
      expect(report).toMatchObject({ processes: 8, grants: 1_600, updates: 1_600 });
      expect(contenders.counter).toBe(1_600);
    },
  );

  test('go on without those that are killed at any point', { timeout: 300_000 }, async () => {
    const random = seeded(seedOf('kill'));
    await using contenders = new Contenders({ counts: true, staleAfterMs: 3_000 });
    for (let count = 0; count < 4; count++) await contenders.start();
    for (let kills = 0; kills < 8; kills++) {
      const before = contenders.grants;
      await eventually(() => contenders.grants > before + random.below(20), 'the lock is granted on');
      const [victim = ''] = random.shuffle(contenders.names);
      await contenders.kill(victim);
      await contenders.start();
    }
    await contenders.end();
    const report = contenders.report();
    expect(report.ok, describeHistory(report)).toBe(true);
    expect(report.processes).toBe(12);
  });

  test('never rely on a lease that ran out while they were stopped', { timeout: 300_000 }, async () => {
    const random = seeded(seedOf('stop'));
    await using contenders = new Contenders({ staleAfterMs: 500 });
    for (let count = 0; count < 4; count++) await contenders.start();
    for (let stops = 0; stops < 6; stops++) {
      const [first = '', second = ''] = random.shuffle(contenders.names);
      const stopped = random.below(2) === 0 ? [first] : [first, second];
      for (const name of stopped) contenders.signal(name, 'SIGSTOP');
      const before = contenders.grants;
      // If a holder is among them, this takes until its lease has run out.
      await eventually(() => contenders.grants > before + 10 + random.below(20), 'the others go on');
      for (const name of stopped) contenders.signal(name, 'SIGCONT');
      const since = contenders.grants;
      await eventually(() => contenders.grants > since + random.below(10), 'all go on');
    }
    await contenders.end();
    const report = contenders.report();
    expect(report.ok, describeHistory(report)).toBe(true);
  });
});
