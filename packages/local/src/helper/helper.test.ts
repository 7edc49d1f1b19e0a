import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { parsePath } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { HalfDone, Refusal } from '../errors.js';
import { Helper, startHelper } from './helper.js';
import type { RootConfig } from '../root-config.js';
import { fromFault, toFault, type Order, type Report } from './wire.js';

const ROOT = parsePath('/', { op: 'ls', adapter: 'local' });
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

/** A helper process as its parent sees it; the test reports in its stead. */
class FakeChild extends EventEmitter {
  pid: number | undefined = 4711;
  readonly orders: Order[] = [];
  readonly killedWith: unknown[] = [];
  sendFailure: Error | null = null;
  readonly channel = { unref: (): void => undefined };
  unref(): void {
    this.emit('unref');
  }
  send(order: Order, done: (error: Error | null) => void): void {
    this.orders.push(order);
    if (this.sendFailure !== null) done(this.sendFailure);
  }
  kill(signal: string): void {
    this.killedWith.push(signal);
  }
  report(report: Report): void {
    this.emit('message', report);
  }
}

function helped(rightsNow = () => ''): { helper: Helper; children: FakeChild[] } {
  const children: FakeChild[] = [];
  const start = (): ChildProcess => {
    children.push(new FakeChild());
    return children.at(-1) as unknown as ChildProcess;
  };
  return { helper: new Helper(8, start, rightsNow), children };
}

/** What `fork` gives when too many files are open: nothing to speak to, and the reason a moment later. */
function stillborn(): ChildProcess {
  const child = new EventEmitter();
  process.nextTick(() => child.emit('error', new Error('spawn EMFILE')));
  return Object.assign(child, { unref: () => undefined }) as unknown as ChildProcess;
}

const list = (helper: Helper): Promise<unknown> => helper.run(config, 'ls', [ROOT]);

describe('the helper', () => {
  it('is started by the first call only, and answers each by its number', async () => {
    const { helper, children } = helped();
    expect(children).toHaveLength(0);
    const calls = [list(helper), list(helper)];
    expect(children).toHaveLength(1);
    const [child] = children;
    for (const { id } of child?.orders.toReversed() ?? []) {
      child?.report({ id, answer: [{ name: `${id}`, type: 'file' }] });
    }
    expect(await Promise.all(calls)).toEqual([[{ name: '1', type: 'file' }], [{ name: '2', type: 'file' }]]);
  });

  it('hands on errors as they were', async () => {
    const { helper, children } = helped();
    const refusal = new Refusal('EACCES', 'a link leads out', 'Remove it');
    const errno = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    for (const error of [refusal, errno, new HalfDone(errno), new HalfDone(refusal)]) {
      const call = list(helper);
      const id = children[0]?.orders.at(-1)?.id ?? 0;
      children[0]?.report({ id, fault: toFault(error) });
      await expect(call).rejects.toEqual(error);
      expect(fromFault(structuredClone(toFault(error)))).toEqual(error);
    }
  });

  it('that dies leaves its calls with an unknown outcome, and the next call starts another', async () => {
    const { helper, children } = helped();
    const calls = [list(helper), list(helper)];
    children[0]?.emit('exit', null, 'SIGKILL');
    for (const call of calls) {
      await expect(call).rejects.toMatchObject({ name: 'HalfDone', cause: { code: 'ECONN' } });
    }
    const next = list(helper);
    children[1]?.report({ id: 1, answer: [] });
    expect(await next).toEqual([]);
  });

  it('that can not be started fails its calls, which had no effect', async () => {
    const refusing = new Helper(8, () => {
      throw Object.assign(new Error('Access to this API has been restricted'), { code: 'ERR_ACCESS_DENIED' });
    });
    await expect(list(refusing)).rejects.toMatchObject({ name: 'Refusal', code: 'ECONN' });

    await expect(list(new Helper(8, stillborn))).rejects.toMatchObject({
      name: 'Refusal',
      code: 'ECONN',
      advice: expect.anything(),
    });
    const silent = (): ChildProcess => Object.assign(stillborn(), { emit: () => true });
    await expect(list(new Helper(8, silent))).rejects.toMatchObject({ name: 'Refusal', code: 'ECONN' });
  });

  it.each(['file:///nowhere/bundle.js', 'file:///nowhere/bundle.ts'])(
    'that is not there, as beside the bundle %s, fails its calls with advice',
    async (bundle) => {
      const helper = new Helper(8, (threads) => startHelper(threads, bundle));
      await expect(list(helper)).rejects.toMatchObject({
        name: 'Refusal',
        code: 'ECONN',
        advice: expect.stringContaining('external'),
      });
    },
  );

  it('whose channel breaks may have had the order, gets no other, and is given time to report on those before', async () => {
    const { helper, children } = helped();
    const first = list(helper);
    const [child] = children;
    if (child !== undefined) child.sendFailure = new Error('channel closed');
    await expect(list(helper)).rejects.toMatchObject({ name: 'HalfDone', cause: { code: 'ECONN' } });
    const next = list(helper);
    expect(children).toHaveLength(2);
    expect(child?.killedWith).toEqual(['SIGKILL']);
    child?.report({ id: 1, answer: [] });
    children[1]?.report({ id: 1, answer: [] });
    expect(await Promise.all([first, next])).toEqual([[], []]);
  });

  it('whose channel closes is lost at once, though its end may not be seen for long', async () => {
    const { helper, children } = helped();
    const call = list(helper);
    children[0]?.emit('disconnect');
    const next = list(helper);
    await expect(call).rejects.toMatchObject({ name: 'HalfDone', cause: { code: 'ECONN' } });
    children[0]?.emit('exit', null, 'SIGKILL');
    children[1]?.report({ id: 1, answer: [] });
    expect(await next).toEqual([]);
  });

  it.each([
    ['that can not be reached', () => Object.assign(new FakeChild(), { sendFailure: new Error('EPIPE') })],
    ['that has no process', stillborn],
    [
      'that is not allowed',
      () => {
        throw new Error('ERR_ACCESS_DENIED');
      },
    ],
  ])('%s lets others have their turn, however often its caller tries again', async (_, start) => {
    const helper = new Helper(8, start as () => ChildProcess, () => '');
    const others = { hadTurn: false };
    const turn = new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
      others.hadTurn = true;
    });
    let attempts = 0;
    for (; attempts < 100_000 && !others.hadTurn; attempts++) await list(helper).catch(() => undefined);
    expect(attempts).toBeLessThan(100_000);
    await turn;
  });

  it('acts with the rights that its user has now, and one with others only finishes what it was ordered', async () => {
    let rights = 'root';
    const { helper, children } = helped(() => rights);
    const first = list(helper);
    rights = 'nobody';
    const second = list(helper);
    expect(children.map(({ orders }) => orders.length)).toEqual([1, 1]);
    expect(children[0]?.killedWith).toEqual([]);
    for (const child of children) child.report({ id: 1, answer: [] });
    expect(await Promise.all([first, second])).toEqual([[], []]);
    expect(children.map(({ killedWith }) => killedWith)).toEqual([['SIGKILL'], []]);
    rights = 'root';
    void list(helper);
    expect(children).toHaveLength(3);
  });

  it('is ended once it has nothing left to do, and not before', async () => {
    const { helper, children } = helped();
    const call = list(helper);
    helper.dismiss();
    expect(children[0]?.killedWith).toEqual([]);
    children[0]?.report({ id: 1, answer: [] });
    await call;
    expect(children[0]?.killedWith).toEqual(['SIGKILL']);
  });

  it('that was never needed is never started', () => {
    const { helper, children } = helped();
    helper.dismiss();
    expect(children).toEqual([]);
  });
});
