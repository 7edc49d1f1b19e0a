import { Lock } from '@holdfast/lock';
import { intercept, type Entry } from '@holdfast/vfs';
import { expect, it } from 'vitest';
import { Hosts } from './hosts.fixture.js';

it('a listing that never shows a floor is found out, and not looked at for ever', async () => {
  const hosts = await Hosts.begun();
  await hosts.put('1005');
  await hosts.put('1005.free');
  const host = hosts.host({ callMs: 10 });
  const vfs = intercept(host.vfs, async (call, next) => {
    const result = await next(call);
    return call.op === 'ls' ? (result as Entry[]).filter(({ name }) => !name.endsWith('.floor')) : result;
  });
  const acquiring = expect(
    new Lock(vfs, { id: 'deploy', clock: host.clock }).acquire(),
  ).rejects.toMatchObject({
    code: 'EUNSAFESTORAGE',
  });
  await hosts.time.advance(60_000);
  await acquiring;
});
