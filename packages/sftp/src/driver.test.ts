import type { EntryType } from '@holdfast/vfs';
import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import { describe, expect, test } from 'vitest';
import {
  ANSWER_TIMEOUT_MS,
  at,
  DIRECTORY,
  driverOn,
  failureOf,
  FILE,
  HANDLE,
  LINK,
  refusal,
  SERVER,
  type Script,
} from './scripted-server.fixture.js';
import type { SftpDriver } from './driver.js';
import type { Reply, Session } from './transport/session.js';

describe('a failed call', () => {
  test('has an unknown outcome once a part of it took effect', async () => {
    const { driver, asked } = driverOn({
      write: (_, reply) => reply(refusal(4)),
      lstat: (_, r) => r(undefined, FILE),
    });
    const data = new Uint8Array(3);
    const writing = driver.writeFile(at('/d/a'), data, { exclusive: false }, undefined);
    expect(await failureOf(writing)).toEqual({ code: 'EIO', outcome: 'unknown' });
    expect(asked).toContain('close');
  });

  test('has an unknown outcome also if the connection was gone before the rest could be sent', async () => {
    const { driver, asked, channels } = driverOn({
      open: (_, reply) => {
        reply(undefined, HANDLE);
        channels[0]?.fail(new FailedAttempt(failure('ECONN', { outcome: 'unknown', detail: 'gone' })));
      },
    });
    const writing = driver.writeFile(at('/f'), new Uint8Array(3), { exclusive: false }, undefined);
    expect(await failureOf(writing)).toEqual({ code: 'ECONN', outcome: 'unknown' });
    expect(asked).toEqual(['open']);
  });

  test('keeps the number and the words of the server as its cause', async () => {
    const { driver } = driverOn({ mkdir: (_, reply) => reply(refusal(8, 'not here')) });
    const error: unknown = await driver.mkdir(at('/a'), undefined).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ path: '/a', cause: { status: 8, message: 'not here' } });
  });

  test('of times that the protocol has no numbers for is EINVAL, and asks nothing', async () => {
    const { driver, asked } = driverOn({});
    for (const time of [new Date(-1), new Date(2 ** 32 * 1000)]) {
      const touching = driver.chtimes(at('/a'), new Date(0), time, undefined);
      expect((await failureOf(touching)).code).toBe('EINVAL');
    }
    expect(asked).toEqual([]);
  });
});

describe('a call of which nothing is heard', () => {
  const GONE = new FailedAttempt(failure('ECONN', { outcome: 'unknown', retryable: true, detail: 'gone' }));
  /** Answers to nothing on the first connection. */
  function hanging(request: keyof Session, once: { done?: boolean } = {}): Script {
    return {
      [request]: (_: string, reply: Reply) => {
        if (once.done !== true) once.done = true;
        else if (request === 'open' || request === 'opendir') reply(undefined, HANDLE);
        else if (request === 'stat' || request === 'lstat') reply(undefined, FILE);
        else if (request === 'write') reply(undefined, 0);
        else if (request === 'readdir') reply(refusal(1));
        else reply(undefined);
      },
    };
  }
  const data = new Uint8Array(3);

  test.each<[string, keyof Session, (driver: SftpDriver) => Promise<unknown>]>([
    ['stat', 'stat', (driver) => driver.stat(at('/f'), undefined)],
    ['ls', 'opendir', (driver) => driver.ls(at('/'), undefined)],
    ['the second half of ls', 'readdir', (driver) => driver.ls(at('/'), undefined)],
    ['chtimes', 'utimes', (driver) => driver.chtimes(at('/f'), new Date(0), new Date(0), undefined)],
    ['writeFile', 'open', (driver) => driver.writeFile(at('/f'), data, { exclusive: false }, undefined)],
    [
      'the second half of writeFile',
      'write',
      (driver) => driver.writeFile(at('/f'), data, { exclusive: false }, undefined),
    ],
    ['the look before rm', 'lstat', (driver) => driver.rm(at('/f'), undefined)],
  ])('is repeated on another connection: %s', async (_, request, act) => {
    const { driver, channels, clock } = driverOn(hanging(request));
    const call = act(driver);
    await clock.advance(ANSWER_TIMEOUT_MS);
    await clock.runUntil(call);
    expect(channels).toHaveLength(2);
    expect(clock.now).toBeLessThan(1.5 * ANSWER_TIMEOUT_MS);
  });

  test.each<[string, keyof Session, (driver: SftpDriver) => Promise<unknown>]>([
    ['mkdir', 'mkdir', (driver) => driver.mkdir(at('/a'), undefined)],
    [
      'an exclusive writeFile',
      'open',
      (driver) => driver.writeFile(at('/f'), data, { exclusive: true }, undefined),
    ],
    ['rm', 'rmdir', (driver) => driver.rm(at('/a'), undefined)],
  ])('is not repeated where that is not safe: %s', async (_, request, act) => {
    const { driver, asked, clock } = driverOn({
      ...hanging(request),
      lstat: (__, reply) => reply(undefined, DIRECTORY),
    });
    const failed = failureOf(act(driver));
    await clock.advance(2 * ANSWER_TIMEOUT_MS);
    expect(await failed).toEqual({ code: 'ETIMEDOUT', outcome: 'unknown' });
    expect(asked.filter((each) => each === request)).toHaveLength(1);
  });

  test('is repeated whatever it is, if it was not sent', async () => {
    const { driver, asked, channels, clock } = driverOn({});
    await driver.stat(at('/'), undefined);
    // The connection goes down between the decision to use it and the request.
    const made = driver.mkdir(at('/a'), undefined);
    channels[0]?.fail(GONE);
    await clock.runUntil(made);
    expect(asked.filter((each) => each === 'mkdir')).toHaveLength(1);
  });

  test('fails in the end, as unknown if any attempt may have taken effect', async () => {
    const { driver, channels, clock } = driverOn({
      write: (_, reply) => reply(new Error('No response from server')),
    });
    const failed = failureOf(driver.writeFile(at('/f'), data, { exclusive: false }, undefined));
    expect(await clock.runUntil(failed)).toEqual({ code: 'ECONN', outcome: 'unknown' });
    expect(channels).toHaveLength(3);
  });

  test('is not repeated where no connection can be had: its error says why', async () => {
    const { driver, clock } = driverOn(
      {},
      { noConnection: new FailedAttempt(failure('ECONN', { retryable: true, detail: 'refused' })) },
    );
    expect(await failureOf(driver.mkdir(at('/a'), undefined))).toEqual({ code: 'ECONN', outcome: 'failed' });
    expect(clock.pendingTimers).toBe(0);
  });

  test('is not repeated once its caller has given up', async () => {
    const controller = new AbortController();
    const { driver, channels, clock } = driverOn(hanging('stat'));
    const failed = failureOf(driver.stat(at('/f'), controller.signal));
    await clock.settle();
    controller.abort('enough');
    await clock.advance(ANSWER_TIMEOUT_MS);
    expect((await failed).code).toBe('ETIMEDOUT');
    expect(channels).toHaveLength(1);
  });

  test('holds up no other: those that are answered go on, new ones have a connection of their own', async () => {
    const { driver, channels, clock } = driverOn(hanging('mkdir'));
    const hung = failureOf(driver.mkdir(at('/a'), undefined));
    for (let round = 0; round < 4; round++) {
      await driver.stat(at('/f'), undefined);
      await clock.advance(ANSWER_TIMEOUT_MS / 4);
    }
    expect((await hung).code).toBe('ETIMEDOUT');
    await driver.stat(at('/f'), undefined);
    expect(channels).toHaveLength(2);
  });
});

describe('stat', () => {
  test.each([
    [DIRECTORY, { type: 'directory', size: 0, mtimeMs: 1000 }],
    [FILE, { type: 'file', size: 5, mtimeMs: 1000 }],
    [
      { mode: 0o010644, mtime: 7 },
      { type: 'other', mtimeMs: 7000 },
    ],
    [{ mode: 0o100644 }, { type: 'file' }],
  ])('of %j', async (attributes, info) => {
    const { driver } = driverOn({ stat: (_, reply) => reply(undefined, attributes) });
    expect(await driver.stat(at('/a'), undefined)).toEqual(info);
  });

  test.each<[string, number | undefined, EntryType]>([
    ['opens as a directory', undefined, 'directory'],
    ['does not', 4, 'file'],
    ['does not, as there is none of that name', 2, 'file'],
    ['may not be opened', 3, 'other'],
  ])('of what has no type, and %s', async (_, status, type) => {
    for (const attributes of [{}, { mode: 0o755 }]) {
      const { driver } = driverOn({
        stat: (__, reply) => reply(undefined, attributes),
        opendir: (__, reply) => (status === undefined ? reply(undefined, HANDLE) : reply(refusal(status))),
      });
      expect((await driver.stat(at('/a'), undefined)).type).toBe(type);
    }
  });
});

describe('a listing', () => {
  const listing = (entries: readonly object[]): Script => {
    let parts = [entries];
    return {
      readdir: (_, reply) => {
        const [part] = parts;
        parts = [];
        if (part === undefined) reply(refusal(1));
        else reply(undefined, part);
      },
    };
  };

  test('has what the server tells of an entry, and nothing else', async () => {
    const { driver } = driverOn(
      listing([
        { filename: 'd', longname: '', attrs: DIRECTORY },
        { filename: 'f', longname: '', attrs: FILE },
        { filename: 'g', longname: '', attrs: { mode: 0o100644 } },
        { filename: 'l', longname: '', attrs: LINK },
      ]),
    );
    expect(await driver.ls(at('/'), undefined)).toEqual([
      { name: 'd', type: 'directory', mtimeMs: 1000 },
      { name: 'f', type: 'file', size: 5, mtimeMs: 1000 },
      { name: 'g', type: 'file' },
      { name: 'l', type: 'other', mtimeMs: 1000 },
    ]);
  });

  test.each<[string, EntryType, string[]]>([
    ['drwxr-xr-x 2 root root 6 Jan 1 00:00 data', 'directory', []],
    ['-rw-r--r-- 1 root root 6 Jan 1 00:00 data', 'file', []],
    ['lrwxrwxrwx 1 root root 6 Jan 1 00:00 data', 'other', []],
    // No line of ls -l, though it begins with a "d".
    ['data', 'file', ['/base/data']],
    ['', 'file', ['/base/data']],
  ])('without types has that of the line %j, or what opening it tells', async (longname, type, opened) => {
    const tried: string[] = [];
    const { driver } = driverOn({
      ...listing([{ filename: 'data', longname, attrs: {} }]),
      opendir: (path, reply) => {
        if (path === '/base') return reply(undefined, HANDLE);
        tried.push(path);
        reply(refusal(4));
      },
    });
    expect(await driver.ls(at('/'), undefined)).toEqual([{ name: 'data', type }]);
    expect(tried).toEqual(opened);
  });
});

describe('rm of what has no type', () => {
  test.each([
    ['directory', undefined, 'rmdir'],
    ['file', 4, 'unlink'],
  ] as const)('removes a %s as such', async (_, status, request) => {
    const { driver, asked } = driverOn({
      lstat: (__, reply) => reply(undefined, {}),
      opendir: (__, reply) => (status === undefined ? reply(undefined, HANDLE) : reply(refusal(status))),
    });
    await driver.rm(at('/a'), undefined);
    expect(asked.at(-1)).toBe(request);
  });
});

describe('a directory that could not be removed', () => {
  test('of which nothing but itself and its parent are listed, for ever, is asked for no more than some times', async () => {
    const { driver, asked } = driverOn({
      rmdir: (_, reply) => reply(refusal(4)),
      readdir: (_, reply) => reply(undefined, [{ filename: '.', longname: '', attrs: DIRECTORY }]),
    });
    expect(await failureOf(driver.rm(at('/a'), undefined))).toEqual({ code: 'EIO', outcome: 'failed' });
    expect(asked.filter((request) => request === 'readdir')).toHaveLength(8);
  });
});

describe('a base that does not exist', () => {
  /** A server on which there is nothing but its own root, and what is made. */
  function emptyServer(): Script {
    const made = new Set(['/']);
    const look = (path: string, reply: Reply): void =>
      made.has(path) ? reply(undefined, DIRECTORY) : reply(refusal(2));
    return {
      mkdir: (path, reply) => {
        if (made.has(path)) return reply(refusal(4));
        if (!made.has(path.slice(0, path.lastIndexOf('/')) || '/')) return reply(refusal(2));
        made.add(path);
        reply(undefined);
      },
      rmdir: (path, reply) => {
        made.delete(path);
        reply(undefined);
      },
      stat: look,
      lstat: look,
      opendir: (path, reply) => (made.has(path) ? reply(undefined, HANDLE) : reply(refusal(2))),
    };
  }

  test('is an ENOENT that names it and the server, and is not made', async () => {
    const { driver } = driverOn(emptyServer());
    for (const failing of [
      driver.ls(at('/'), undefined),
      driver.mkdir(at('/'), undefined),
      driver.mkdir(at('/a'), undefined),
      driver.stat(at('/a/b'), undefined),
    ]) {
      const error: unknown = await failing.catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: 'ENOENT',
        detail: `the base directory /base does not exist on ${SERVER}`,
      });
    }
  });

  test('is made at the first call if that was asked for, and never again', async () => {
    const { driver, asked } = driverOn(emptyServer(), { create: true });
    const [listed] = await Promise.all([driver.ls(at('/'), undefined), driver.mkdir(at('/a'), undefined)]);
    expect(listed).toEqual([]);
    expect(asked.filter((request) => request === 'mkdir')).toHaveLength(2);
    await driver.rm(at('/'), undefined);
    expect(await failureOf(driver.mkdir(at('/b'), undefined))).toEqual({ code: 'ENOENT', outcome: 'failed' });
  });

  test('that is there already will do', async () => {
    const { driver, asked } = driverOn({ mkdir: (_, reply) => reply(refusal(4)) }, { create: true });
    await driver.ls(at('/'), undefined);
    await driver.ls(at('/'), undefined);
    expect(asked.filter((request) => request === 'mkdir')).toHaveLength(1);
  });
});
