import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { sftpVFS, type SftpVFSOptions } from '@holdfast/sftp';
import { VirtualClock } from '@holdfast/testkit';
import { isVFSError, type VFS, type VFSError } from '@holdfast/vfs';
import type { SFTPWrapper } from 'ssh2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { status, type Answer } from '../servers/ssh2-folder.js';
import {
  packet,
  rawStatus,
  sendBytes,
  startSSHServer,
  string,
  uint32,
  type Fault,
  type SSHServer,
} from '../servers/ssh2-server.js';

/** How long a client waits for an answer, on a clock that only the tests turn. */
const ANSWER_MS = 4_000;
const PATIENTLY = { timeout: 30_000 };

let server: SSHServer;
let clock: VirtualClock;
let vfs: VFS;

beforeEach(async () => {
  server = await startSSHServer();
  clock = new VirtualClock();
  vfs = sftpVFS({ ...server.options, clock, answerTimeoutMs: ANSWER_MS });
  await vfs.mkdir('/d');
});

afterEach(async () => {
  await vfs.close();
  await server.stop();
});

async function failureOf(call: Promise<unknown>): Promise<VFSError> {
  const error: unknown = await call.then(
    () => 'it succeeded',
    (reason: unknown) => reason,
  );
  if (!isVFSError(error)) throw new Error('not refused as it should be', { cause: error });
  return error;
}

/** Lets `fault` befall the next request of the kind `op`, and none after that. Resolves when it does. */
function once(op: string, fault: Fault): Promise<void> {
  return new Promise((resolve) => {
    server.faults = (request) => {
      if (request.op !== op) return undefined;
      server.faults = undefined;
      resolve();
      return fault;
    };
  });
}

/** What becomes of `call` when the request that `fault` befalls is not answered in time. */
async function timedOut(call: () => Promise<unknown>, befallen: Promise<void>): Promise<VFSError> {
  const failure = failureOf(call());
  await befallen;
  await clock.advance(ANSWER_MS);
  return failure;
}

/** Lets the little pause before a repetition pass, and never so much as a limit, until `call` is done. */
async function carriedThrough<T>(call: Promise<T>): Promise<T> {
  let done = false;
  const end = (): void => void (done = true);
  call.then(end, end);
  const turn = async (): Promise<boolean> => {
    await clock.advance(5);
    return done;
  };
  await expect.poll(turn, PATIENTLY).toBe(true);
  return call;
}

const isThere = (path: string): boolean => existsSync(join(server.folder, path));

describe('a server that does not answer', () => {
  test('costs the connection, and the next call opens another', async () => {
    let hanging = 0;
    server.faults = () => {
      hanging++;
      return { kind: 'hang' };
    };
    const made = failureOf(vfs.mkdir('/a'));
    const looked = vfs.stat('/');
    await expect.poll(() => hanging, PATIENTLY).toBe(3);
    server.faults = undefined;
    await clock.advance(ANSWER_MS - 1);
    expect(server.connections).toBe(1);
    await clock.advance(1);
    expect(await made).toMatchObject({ code: 'ETIMEDOUT', outcome: 'unknown' });
    expect((await carriedThrough(looked)).type).toBe('directory');
    await vfs.mkdir('/b');
    expect(server.accepted).toBe(2);
  });

  test('may have done what was asked: a lost reply has an unknown outcome', async () => {
    const failure = await timedOut(() => vfs.mkdir('/a'), once('MKDIR', { kind: 'lost' }));
    expect(failure).toMatchObject({ code: 'ETIMEDOUT', outcome: 'unknown' });
    expect(isThere('/a')).toBe(true);
  });

  test('may do it yet: a mkdir that was given up on is made later', async () => {
    let goOn: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (goOn = resolve));
    const failure = await timedOut(() => vfs.mkdir('/a'), once('MKDIR', { kind: 'late', until }));
    expect(failure.outcome).toBe('unknown');
    expect(isThere('/a')).toBe(false);
    goOn();
    await expect.poll(() => isThere('/a'), PATIENTLY).toBe(true);
  });

  test('to what nobody waits for costs the connection all the same', async () => {
    const befallen = once('CLOSE', { kind: 'hang' });
    expect(await vfs.ls('/')).toHaveLength(1);
    await befallen;
    await clock.advance(ANSWER_MS);
    await expect.poll(() => server.connections, PATIENTLY).toBe(0);
    expect(await vfs.ls('/')).toHaveLength(1);
    expect(server.accepted).toBe(2);
  });

  test('lets a caller go at its abort, and the connection lives on if the answer comes', async () => {
    let goOn: () => void = () => undefined;
    const befallen = once('MKDIR', { kind: 'late', until: new Promise<void>((resolve) => (goOn = resolve)) });
    const controller = new AbortController();
    const call = vfs.mkdir('/a', { signal: controller.signal });
    await befallen;
    controller.abort('enough');
    await expect(call).rejects.toBe('enough');
    goOn();
    await vfs.ls('/');
    expect(server.accepted).toBe(1);
  });
});

describe('a connection that breaks off', () => {
  test.each([
    ['before the request is carried out', 'cut', false],
    ['after that', 'lost', true],
  ] as const)('%s leaves an unknown outcome', async (_, kind, there) => {
    server.faults = ({ op }) => {
      if (op !== 'MKDIR') return undefined;
      server.faults = undefined;
      if (kind === 'lost') setImmediate(() => server.cut());
      return { kind };
    };
    expect(await failureOf(vfs.mkdir('/a'))).toMatchObject({ code: 'ECONN', outcome: 'unknown' });
    expect(isThere('/a')).toBe(there);
    await vfs.stat('/');
  });

  test('while a file is written makes it be written again', async () => {
    void once('WRITE', { kind: 'cut' });
    await carriedThrough(vfs.writeFile('/f', 'x'));
    expect(readFileSync(join(server.folder, 'f'), 'utf8')).toBe('x');
    expect(server.accepted).toBe(2);
  });

  test('while a new file is written leaves an unknown outcome, since the file was made', async () => {
    void once('WRITE', { kind: 'cut' });
    const failure = await failureOf(vfs.writeFile('/f', 'x', { exclusive: true }));
    expect(failure).toMatchObject({ code: 'ECONN', outcome: 'unknown' });
    expect(isThere('/f')).toBe(true);
  });

  test('under hundreds of calls is replaced by one, and nothing is warned of', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    let waiting = 0;
    server.faults = () => {
      waiting++;
      return { kind: 'hang' };
    };
    const { signal } = new AbortController();
    const calls = Promise.all(Array.from({ length: 300 }, () => vfs.stat('/d', { signal })));
    await expect.poll(() => waiting, PATIENTLY).toBe(300);
    server.faults = undefined;
    server.cut();
    expect(await carriedThrough(calls)).toHaveLength(300);
    expect(server.accepted).toBe(2);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  test('between two calls is no matter', async () => {
    server.cut();
    await expect.poll(() => server.connections, PATIENTLY).toBe(0);
    await vfs.mkdir('/a');
    expect(server.accepted).toBe(2);
  });
});

describe('a server that answers nonsense', () => {
  const bytes = (make: (id: number) => Buffer): Fault => ({ kind: 'bytes', bytes: make });
  test.each<[string, Fault, string]>([
    ['a handle', { kind: 'answer', answer: (sftp, id) => sftp.handle(id, Buffer.from('h')) }, 'EIO'],
    ['a listing', { kind: 'answer', answer: (sftp, id) => sftp.name(id, []) }, 'EIO'],
    ['a packet of an unknown type', bytes((id) => packet(77, [uint32(id)])), 'EIO'],
    ['a packet without content', bytes(() => uint32(0)), 'EIO'],
    ['a packet of four gigabytes', bytes(() => uint32(2 ** 32 - 1)), 'ECONN'],
    ['a packet of a megabyte', bytes(() => uint32(2 ** 20)), 'EIO'],
    ['a listing that is cut off', bytes((id) => packet(104, [uint32(id), uint32(9), string('a')])), 'EIO'],
    ['a listing of four billion names', bytes((id) => packet(104, [uint32(id), uint32(2 ** 32 - 1)])), 'EIO'],
    ['a handle that is cut off', bytes((id) => packet(102, [uint32(id), uint32(99)])), 'EIO'],
    ['an answer to another question', bytes((id) => packet(101, [uint32(id + 7), uint32(0)])), 'ETIMEDOUT'],
    ['half an answer', bytes((id) => packet(101, [uint32(id), uint32(0)]).subarray(0, 7)), 'ETIMEDOUT'],
  ])('%s to a mkdir: it is not taken for a success', async (_, fault, code) => {
    const befallen = once('MKDIR', fault);
    const failure =
      code === 'ETIMEDOUT' ? timedOut(() => vfs.mkdir('/a'), befallen) : failureOf(vfs.mkdir('/a'));
    expect(await failure).toMatchObject({ code, outcome: 'unknown' });
    await vfs.mkdir('/b');
    expect(server.accepted).toBe(2);
  });

  test.each<[number, string, string]>([
    [11, '', 'EEXIST'],
    [14, '', 'ENOSPC'],
    [15, '', 'ENOSPC'],
    [4, 'Disk quota exceeded', 'ENOSPC'],
    [4711, 'who knows', 'EIO'],
  ])('status %i "%s" is %s', async (code, text, expected) => {
    void once('MKDIR', rawStatus(code, text));
    expect(await failureOf(vfs.mkdir('/a'))).toMatchObject({ code: expected, outcome: 'failed' });
    await vfs.mkdir('/b');
    expect(server.accepted).toBe(1);
  });

  test('right behind its greeting ends neither the process nor the VFS', async () => {
    const noisy = await startSSHServer({
      onSession: (sftp) => sftp.on('ready', () => sendBytes(sftp, packet(77, [uint32(0)]))),
    });
    const stranger = sftpVFS(noisy.options);
    try {
      expect(await failureOf(stranger.mkdir('/a'))).toMatchObject({ path: '/a' });
    } finally {
      await stranger.close();
      await noisy.stop();
    }
  });

  test.each(['a/b', '../a', '', 'a\0b'])('a listing with the name %j is refused', async (filename) => {
    const answer: Answer = (sftp, id) => sftp.name(id, [{ filename, longname: '-', attrs: FILE }]);
    server.faults = ({ op }) => (op === 'READDIR' ? { kind: 'answer', answer } : undefined);
    expect(await failureOf(vfs.ls('/'))).toMatchObject({ code: 'EIO', outcome: 'failed' });
  });

  test('colours and line ends of its own reach no terminal', async () => {
    void once('MKDIR', { kind: 'answer', answer: status(4, '\u{1b}[2J\nall is well') });
    const error = await failureOf(vfs.mkdir('/a'));
    expect(error.cause).toBeInstanceOf(Error);
    for (const line of inspect(error).split('\n')) expect(line).not.toMatch(/[\u{0}-\u{1f}\u{7f}-\u{9f}]/u);
    expect(error.message).not.toContain('\n');
  });
});

const FILE = { mode: 0o100644, uid: 0, gid: 0, size: 1, atime: 0, mtime: 0 };

describe('a server that goes on for ever', () => {
  const always = (op: string, answer: Answer): void => {
    server.faults = (request) => (request.op === op ? { kind: 'answer', answer } : undefined);
  };
  const namesOf = (count: number, length: number): Answer => {
    const entries = Array.from({ length: count }, (_, index) => ({
      filename: `${index}`.padStart(length, 'n'),
      longname: '-',
      attrs: FILE,
    }));
    return (sftp: SFTPWrapper, id) => sftp.name(id, entries);
  };
  test.each([
    ['entries', namesOf(1_000, 12)],
    ['long names', namesOf(10, 20_000)],
    ['parts without any entry', namesOf(0, 0)],
  ])('listing %s is refused before it uses up the memory', async (_, answer) => {
    always('READDIR', answer);
    const before = process.memoryUsage().heapUsed;
    const failure = await failureOf(vfs.ls('/'));
    expect(failure).toMatchObject({ code: 'EIO', outcome: 'failed' });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(256 * 1024 * 1024);
    server.faults = undefined;
    expect(await vfs.ls('/')).toHaveLength(1);
  });

  test('listing is not followed any further once the caller has given up', async () => {
    always('READDIR', namesOf(1, 1));
    const failure = failureOf(vfs.ls('/'));
    await expect.poll(() => server.requests.length, PATIENTLY).toBeGreaterThan(200);
    await clock.advance(10_000);
    expect(await failure).toMatchObject({
      code: 'ETIMEDOUT',
      outcome: 'failed',
      detail: expect.stringContaining(`127.0.0.1:${server.options.port}`),
    });
    server.faults = undefined;
    await vfs.stat('/');
    server.recount();
    await vfs.stat('/');
    expect(server.requests.map(({ op }) => op)).not.toContain('READDIR');
  });

  test.each([
    ['of a huge size', FILE.size * 2 ** 40],
    ['of no known size', undefined],
  ])('reading a file %s is refused before it uses up the memory', async (_, size) => {
    await vfs.writeFile('/f', '');
    const data = Buffer.alloc(30 * 1024);
    server.faults = ({ op }) => {
      if (op === 'READ') return { kind: 'answer', answer: (sftp, id) => sftp.data(id, data) };
      const { size: __, ...rest } = FILE;
      const attributes = size === undefined ? rest : { ...rest, size };
      const answer: Answer = (sftp, id) => sftp.attrs(id, attributes as typeof FILE);
      return op === 'FSTAT' ? { kind: 'answer', answer } : undefined;
    };
    expect(await failureOf(vfs.readFile('/f'))).toMatchObject({ code: 'EFBIG', outcome: 'failed' });
  });
});

describe('something that is no SSH server', () => {
  let other: Server;
  const sockets = new Set<Socket>();

  async function listening(talk: (socket: Socket) => void): Promise<SftpVFSOptions> {
    other = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).resume();
      talk(socket);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    return { ...server.options, port, connectTimeoutMs: 400 };
  }

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => other.close(resolve));
  });

  const babble = (socket: Socket): void => {
    const more = (): boolean => socket.writable && socket.write('x'.repeat(16_384)) && more();
    socket.on('drain', more);
    more();
  };

  test.each<[string, (socket: Socket) => void]>([
    ['says nothing', () => undefined],
    ['hangs up', (socket) => socket.destroy()],
    ['speaks HTTP', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['talks without end', babble],
    ['greets, and falls silent', (socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n')],
    ['greets, and sends noise', (socket) => socket.write(`SSH-2.0-OpenSSH_9.9\r\n${'\u{7f}'.repeat(4_096)}`)],
  ])('and %s is ECONN, and nothing was done', async (_, talk) => {
    const stranger = sftpVFS(await listening(talk));
    expect(await failureOf(stranger.mkdir('/a'))).toMatchObject({ code: 'ECONN', outcome: 'failed' });
    await stranger.close();
    await expect
      .poll(() => [...sockets].every((socket) => socket.closed || socket.destroyed), PATIENTLY)
      .toBe(true);
  });
});
