// Waits for one lock many times over.
import { setTimeout as sleep } from 'node:timers/promises';
import { localVFS, Lock } from 'holdfast';
import { now } from '../measure/clock.js';
import { settings, tell } from './boss.js';

const { folder, count, seconds } = settings;
const SETTLING_MS = 1_000;

const lock = new Lock(localVFS(folder), { id: 'bench' });
globalThis.gc();
const rssBefore = process.memoryUsage.rss();
const held = await lock.acquire();
const waiting = Array.from({ length: count }, async () => {
  const lease = await lock.acquire();
  await lease.release();
});
await sleep(SETTLING_MS);

const before = process.cpuUsage();
const from = now();
await sleep(seconds * 1_000);
const { user, system } = process.cpuUsage(before);
const cpu = (user + system) / (now() - from);
globalThis.gc();
const rss = process.memoryUsage.rss();

const releasedAt = now();
await held.release();
await Promise.all(waiting);
const total = now() - releasedAt;
tell('result', { cpu, rss, rssBefore, total, handOver: total / count });
