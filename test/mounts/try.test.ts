import { test } from 'vitest';
import { Lab } from './lab/lab.js';
import { noLab } from './lab/packages.js';
await noLab();
test('x', async () => {
  const lab = await Lab.up();
  try {
    for (const n of [100_000, 300_000, 700_000, 1_400_000]) {
      const t = performance.now();
      const r = await Promise.race([
        lab.one.sh(`: ${'x'.repeat(n)}`).catch((e) => String(e).slice(0, 200)),
        new Promise((r) => setTimeout(() => r('timeout'), 20000)),
      ]);
      console.log(n, performance.now() - t, r, lab.one.console().slice(-600));
      const t2 = performance.now();
      const r2 = (await Promise.race([
        lab.one.sh(`head -c ${n} /dev/zero | tr '\\0' a`).catch((e) => String(e).slice(0, 200)),
        new Promise((r) => setTimeout(() => r('timeout'), 20000)),
      ])) as string;
      console.log(n, performance.now() - t2, r2.length, lab.one.console().slice(-600));
    }
  } finally {
    await lab.down();
  }
}, 200_000);
