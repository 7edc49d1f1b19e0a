import { afterEach, describe, expect, it } from 'vitest';
import { Guardian, unguardedIdentity } from './guardian.js';

const { execPath } = process;
afterEach(() => {
  process.execPath = execPath;
});

describe.skipIf(process.platform === 'win32')('a guardian', () => {
  it('is named as a process that lives, until there is nothing left to guard', async () => {
    const guardian = await Guardian.start();
    const self = guardian?.identity.self;
    expect(self?.pid).not.toBe(process.pid);
    expect(() => process.kill(self?.pid ?? 0, 0)).not.toThrow();
    guardian?.dismiss();
    guardian?.dismiss();
    await guardian?.gone;
    expect(() => process.kill(self?.pid ?? 0, 0)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
  });

  it.each([
    ['cannot be started', '/nonexistent'],
    ['is a program of its own, which runs nothing else', '/bin/echo'],
    ['ends at once', '/bin/false'],
  ])('is none where what runs this %s', async (_, file) => {
    process.execPath = file;
    expect(await Guardian.start()).toBeUndefined();
  });
});

it('proves nobody dead by its own death where there is no guardian', () => {
  expect(unguardedIdentity().self).toMatchObject({ pid: process.pid, start: undefined });
});
