import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { parsePath } from '@holdfast/vfs';
import { VirtualClock } from '@holdfast/testkit';
import { describe, expect, it } from 'vitest';
import { onMount } from './mount-runner.js';
import type { RootConfig } from '../root-config.js';
import type { Runner } from '../operations/runner.js';
import type { Order } from '../helper/wire.js';

const NEW = parsePath('/new', { op: 'mkdir', adapter: 'local' });
const config: RootConfig = {
  root: '/srv',
  kept: undefined,
  insisted: false,
  create: false,
  shared: true,
  smb: false,
  sync: 'file',
  mode: undefined,
  platform: 'linux',
};

/** A helper process whose server is silent, until the test answers. */
class FakeChild extends EventEmitter {
  readonly pid = 4711;
  readonly orders: Order[] = [];
  killed = false;
  unref(): void {
    this.emit('unref');
  }
  send(order: Order): void {
    this.orders.push(order);
  }
  kill(): void {
    this.killed = true;
  }
  answerAll(): void {
    for (const { id } of this.orders.splice(0)) this.emit('message', { id, answer: undefined });
  }
}

function machine(device: string) {
  const clock = new VirtualClock();
  const children: FakeChild[] = [];
  const startHelper = (): ChildProcess => {
    children.push(new FakeChild());
    return children.at(-1) as unknown as ChildProcess;
  };
  const open = (): Runner => onMount(config, { device, isolate: true, deadlineMs: 5000, clock, startHelper });
  /** Makes a directory; tells what its caller hears. */
  const mkdir = async (runner: Runner): Promise<string> => {
    const timedOut = (settled: Promise<void> | undefined): Error =>
      new Error(settled === undefined ? 'never made' : 'begun');
    try {
      await runner.run('mkdir', [NEW], { signal: undefined, timedOut });
      return 'made';
    } catch (error) {
      return String(error);
    }
  };
  return { clock, children, open, mkdir };
}

describe('the helper of a device whose server is silent', () => {
  it('is the same for whoever opens it again, until its calls have ended', async () => {
    const { clock, children, open, mkdir } = machine('0:1');
    const heard: string[] = [];
    for (let round = 0; round < 10; round++) {
      const runner = open();
      const made = mkdir(runner);
      await clock.advance(5000);
      heard.push(await made);
      runner.close();
    }
    expect(heard).toEqual([
      ...Array<string>(8).fill('Error: begun'),
      ...Array<string>(2).fill('Error: never made'),
    ]);
    expect(children.map(({ killed }) => killed)).toEqual([false]);
    children[0]?.answerAll();
    await clock.settle();
    expect(children[0]?.killed).toBe(true);
    const after = open();
    const made = mkdir(after);
    await clock.settle();
    children[1]?.answerAll();
    expect(await made).toBe('made');
    after.close();
    expect(children[1]?.killed).toBe(true);
  });

  it('stays as long as one of its users does', async () => {
    const { clock, children, open, mkdir } = machine('0:2');
    const [first, second] = [open(), open()];
    const made = mkdir(first);
    first.close();
    await clock.settle();
    children[0]?.answerAll();
    expect(await made).toBe('made');
    await clock.settle();
    expect(children[0]?.killed).toBe(false);
    second.close();
    expect(children[0]?.killed).toBe(true);
  });

  it('may be ordered by a call that was waiting for its turn when the last user closed', async () => {
    const { clock, children, open, mkdir } = machine('0:3');
    const runner = open();
    const made = [mkdir(runner), mkdir(runner), mkdir(runner)];
    runner.close();
    for (let round = 0; round < 2; round++) {
      await clock.settle();
      expect(children.map(({ killed }) => killed)).toEqual([false]);
      children[0]?.answerAll();
    }
    expect(await Promise.all(made)).toEqual(['made', 'made', 'made']);
    await clock.settle();
    expect(children.map(({ killed }) => killed)).toEqual([true]);
  });
});
