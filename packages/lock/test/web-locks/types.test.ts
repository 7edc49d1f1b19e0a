import { type StorageLockManager, type WebLockManager } from '@holdfast/lock';
import { expect, expectTypeOf, it } from 'vitest';
import { alone } from './locks.fixture.js';

it('a lock manager is what lib.dom calls one, and lib.dom’s is what the package calls one', async () => {
  const { locks } = alone();
  const asDom: LockManager = locks;
  const asOurs: WebLockManager = asDom;
  const alsoOurs: WebLockManager = locks;
  expectTypeOf<StorageLockManager>().toExtend<LockManager>();
  expectTypeOf<LockManager>().toExtend<WebLockManager>();
  expectTypeOf<StorageLockManager>().toExtend<WebLockManager>();
  for (const manager of [asOurs, alsoOurs]) {
    expect(await manager.request('x', { mode: 'shared' }, (lock) => lock?.mode)).toBe('shared');
  }
  // What is written for a browser, with the types of a browser.
  const inBrowser = async (manager: LockManager): Promise<string[]> => {
    const { held = [] } = await manager.request('x', () => manager.query());
    return held.map(({ name = '' }) => name);
  };
  expect(await inBrowser(locks)).toEqual(['x']);
});

it('the callback’s result is the request’s, without its promise', () => {
  const { locks } = alone();
  expectTypeOf(locks.request('x', async (lock) => lock?.token)).toEqualTypeOf<Promise<number | undefined>>();
  expectTypeOf(locks.request('x', {}, () => 'text')).toEqualTypeOf<Promise<string>>();
});
