import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { localVFS } from '@holdfast/local';
import { describe, expect, it } from 'vitest';
import { canMount, helpersOf, makeDirectory, makeFreezer } from './places.fixture.js';

interface Program extends AsyncDisposable {
  readonly process: ChildProcessWithoutNullStreams;
  /** The next line that it prints. */
  line(): Promise<string>;
}

/** Runs one of the programs beside this file; killed when its block ends. */
function run(name: string, ...args: string[]): Program {
  const child = spawn(process.execPath, [fileURLToPath(new URL(name, import.meta.url)), ...args]);
  child.stderr.pipe(process.stderr);
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    line: async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${name} ended before it said more`);
      return value;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs one of the programs beside this file; tells what it wrote. It must not take for ever, nor fail. */
async function runToEnd(name: string, ...args: string[]): Promise<string> {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  return stdout;
}

const gone = async (pid: number): Promise<void> => {
  await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 30_000 }).toBe(false);
};

describe.runIf(canMount)('a mount whose server has fallen silent', () => {
  it('holds up nothing but its own calls, which end at their deadline, and the process can end', async () => {
    using mount = makeFreezer();
    await using program = run('on-a-frozen-mount.js', mount.dir);
    expect(await program.line()).toBe('ready');
    const helpers = helpersOf(program.process.pid ?? 0);
    mount.freeze();
    const ended = once(program.process, 'exit');
    program.process.stdin.write('go\n');
    expect(JSON.parse(await program.line())).toEqual({
      // Two at a time are made; the others wait behind them and are never made.
      results: [
        ['ETIMEDOUT', 'unknown'],
        ['ETIMEDOUT', 'unknown'],
        ['ETIMEDOUT', 'failed'],
        ['ETIMEDOUT', 'failed'],
        ['ETIMEDOUT', 'failed'],
        ['ETIMEDOUT', 'failed'],
        'TimeoutError',
      ],
      again: [['ETIMEDOUT', 'unknown']],
      elsewhere: 8,
    });
    expect(await ended).toEqual([7, null]);
    mount.thaw();
    expect(helpers).toHaveLength(1);
    for (const pid of helpers) await gone(pid);
    // What was sent lands late, as its outcome said it might; what was said to have failed never does.
    expect(readdirSync(mount.dir).filter((name) => !['d0', 'd1', 'f', 'lost+found'].includes(name))).toEqual(
      [],
    );
  });

  it('is left to one helper, however often it is opened, which ends when its calls have', async () => {
    using mount = makeFreezer();
    await using program = run('open-again.js', mount.dir, '6');
    expect(await program.line()).toBe('ready');
    mount.freeze();
    program.process.stdin.write('go\n');
    expect(JSON.parse(await program.line())).toEqual(Array(6).fill('ETIMEDOUT'));
    const helpers = helpersOf(program.process.pid ?? 0);
    expect(helpers).toHaveLength(1);
    mount.thaw();
    for (const pid of helpers) await gone(pid);
    expect(program.process.exitCode).toBeNull();
  });
});

describe.runIf(process.platform === 'linux')('the helper process of a mount', () => {
  it('is one for all VFS objects on a device, and ends when the last of them is closed', async () => {
    using place = makeDirectory();
    const open = () => localVFS(place.dir, { filesystem: 'network' });
    const [first, second] = [open(), open()];
    expect(helpersOf(process.pid)).toEqual([]);
    await Promise.all([first.mkdir('/a'), second.mkdir('/b')]);
    const helpers = helpersOf(process.pid);
    expect(helpers).toHaveLength(1);
    await first.close();
    await second.mkdir('/c');
    expect(helpersOf(process.pid)).toEqual(helpers);
    await second.close();
    for (const pid of helpers) await gone(pid);
    const third = open();
    expect(await third.ls('/')).toHaveLength(3);
    await third.close();
  });

  it('is replaced when it was killed', async () => {
    using place = makeDirectory();
    const vfs = localVFS(place.dir, { filesystem: 'network' });
    await vfs.mkdir('/a');
    const helpers = helpersOf(process.pid);
    for (const pid of helpers) process.kill(pid, 'SIGKILL');
    for (const pid of helpers) await gone(pid);
    await vfs.mkdir('/b');
    await vfs.close();
    expect(readdirSync(place.dir).toSorted()).toEqual(['a', 'b']);
  });

  it('stays when a signal of the terminal reaches it, for its parent may have a lock to release', async () => {
    using place = makeDirectory();
    await using program = run('hold-open.js', place.dir);
    await program.line();
    const helpers = helpersOf(program.process.pid ?? 0);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      for (const pid of helpers) process.kill(pid, signal);
      program.process.stdin.write(`${signal}\n`);
      expect(await program.line()).toBe(signal);
    }
    expect(helpersOf(program.process.pid ?? 0)).toEqual(helpers);
  });

  it('goes with its parent, even if that is killed', async () => {
    using place = makeDirectory();
    const program = run('hold-open.js', place.dir);
    await program.line();
    const helpers = helpersOf(program.process.pid ?? 0);
    expect(helpers).toHaveLength(1);
    await program[Symbol.asyncDispose]();
    for (const pid of helpers) await gone(pid);
  });

  it('does not keep its parent alive, and neither does a watch', async () => {
    using place = makeDirectory();
    expect(await runToEnd('leave-open.js', place.dir)).toBe('[]');
  });

  it('that was killed is replaced for whoever calls again without a pause', async () => {
    using place = makeDirectory();
    expect(await runToEnd('retry-at-once.js', place.dir)).toBe('listed');
  });

  it('cannot be started with too many open files, which fails the call, and it can be once there are fewer', async () => {
    using place = makeDirectory();
    const program = fileURLToPath(new URL('few-files.js', import.meta.url));
    const command = 'ulimit -n 512 && exec "$@"';
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      command,
      'sh',
      process.execPath,
      program,
      place.dir,
    ]);
    expect(JSON.parse(stdout)).toEqual({ code: 'ECONN', outcome: 'failed', advised: true });
    expect(readdirSync(place.dir)).toEqual(['made']);
  });

  it.runIf(process.getuid?.() === 0)('has no rights that its parent gave up', async () => {
    using place = makeDirectory();
    await using program = run('drop-rights.js', place.dir, '54321');
    expect(await program.line()).toBe('fulfilled');
    const groups = ['before', 'after'].map((name) => statSync(join(place.dir, name)).gid);
    expect(groups).toEqual([process.getgid?.(), 54_321]);
    expect(helpersOf(program.process.pid ?? 0)).toHaveLength(1);
  });

  it.runIf(process.getuid?.() === 0)('ends also when its parent may no longer kill it', async () => {
    using place = makeDirectory();
    chmodSync(place.dir, 0o777);
    await using program = run('drop-rights.js', place.dir, '54321', '54321');
    // Whether a new helper can be started depends on whether that user may read this package.
    await program.line();
    await expect
      .poll(() => helpersOf(program.process.pid ?? 0).filter((pid) => statSync(`/proc/${pid}`).uid === 0))
      .toEqual([]);
    expect(program.process.exitCode).toBeNull();
  });
});
