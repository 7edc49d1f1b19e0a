// Holds many locks at once, for a while.
import { setTimeout as sleep } from 'node:timers/promises';
import { localVFS, Lock } from 'holdfast';
import { now } from '../measure/clock.js';
import { settings, tell } from './boss.js';

const { folder, count, seconds } = settings;
/** The first heartbeats are over by then, and what made the locks is done. */
const SETTLING_MS = 3_000;

const vfs = localVFS(folder);
globalThis.gc();
const rssBefore = process.memoryUsage.rss();

const startedAt = now();
const leases = await Promise.all(
  Array.from({ length: count }, (_, at) => new Lock(vfs, { id: `bench-${at}` }).acquire()),
);
const acquired = now() - startedAt;
await sleep(SETTLING_MS);

const before = process.cpuUsage();
const from = now();
await sleep(seconds * 1_000);
const { user, system } = process.cpuUsage(before);
const cpu = (user + system) / (now() - from);
globalThis.gc();
const rss = process.memoryUsage.rss();
const lost = leases.filter((lease) => !lease.held).length;

const releasedFrom = now();
await Promise.all(leases.map((lease) => lease.release()));
tell('result', { cpu, rss, rssBefore, lost, acquired, released: now() - releasedFrom });
