import { expect, test } from 'vitest';
import { Hosts } from '../hosts.fixture.js';

test('who tries while others of its process wait is told who holds the lock, and not who waits', async () => {
  const hosts = new Hosts();
  const holder = await hosts.host().lock({ label: 'holder' }).acquire();
  const here = hosts.host();
  const waiting = here.lock({ label: 'waiter' }).acquire();
  await hosts.time.advance(100);
  await expect(here.lock().tryAcquire()).rejects.toMatchObject({
    code: 'ELOCKED',
    token: holder.token,
    holder: { label: 'holder' },
  });
  await holder.release();
  await (await hosts.time.runUntil(waiting)).release();
});
