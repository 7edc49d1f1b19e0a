// Waits for a lock among many others, has it once, and starts over.
import { setTimeout as sleep } from 'node:timers/promises';
import { intercept } from '@holdfast/vfs';
import { localVFS, Lock } from 'holdfast';
import { now } from '../measure/clock.js';
import { settings, tell } from './boss.js';

let listings = 0;
const vfs = intercept(localVFS(settings.folder), (call, next) => {
  if (call.op === 'ls') listings++;
  return next(call);
});
const lock = new Lock(vfs, { id: 'bench' });
const spent = () => {
  const { user, system } = process.cpuUsage();
  return { cpu: user + system, listings };
};
const since = (before) => {
  const after = spent();
  return { cpu: after.cpu - before.cpu, listings: after.listings - before.listings };
};
const until = (moment) => sleep(Math.max(0, (moment - now()) / 1_000));

process.on('message', async ({ kind, body }) => {
  if (kind !== 'wait') return;
  const waiting = lock.acquire();
  await until(body.idleFrom);
  const atFirst = spent();
  await until(body.idleUntil);
  tell('idle', since(atFirst));

  const asleep = spent();
  const lease = await waiting;
  const acquiredAt = now();
  if (body.holdMs > 0) await sleep(body.holdMs);
  const releasedAt = now();
  await lease.release();
  // What it does behind the release is part of it.
  await sleep(200);
  tell('had', { ...since(asleep), acquiredAt, releasedAt });
});
tell('ready');
