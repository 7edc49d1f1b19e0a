import { isVFSError } from '@holdfast/vfs';
import type { Case } from '../case.js';
import { demand, demandBytes, demandEqual, demandNames, demandVFSError, resultOf, utf8 } from '../verdict.js';
import { everyOperation } from './paths.js';

/** The rules of `signal` and of `close`. */
export const givingUpCases: readonly Case[] = [
  {
    name: 'a signal aborted before the call rejects with its reason, and nothing is done',
    async run({ vfs }) {
      await vfs.writeFile('/f', 'kept');
      const reason = { why: 'aborted before' };
      const signal = AbortSignal.abort(reason);
      for (const path of ['/f', '/new']) {
        for (const [op, call] of everyOperation(vfs, path, { signal })) {
          const result = await resultOf(call);
          demand(!result.fulfilled, `${op} ${path} resolved under an aborted signal`);
          demand(
            result.error === reason,
            `${op} ${path} rejected with other than the reason: ${String(result.error)}`,
          );
        }
      }
      await demandNames(vfs, '/', ['f'], 'after aborted calls');
      demandBytes(await vfs.readFile('/f'), utf8('kept'), 'file after aborted calls');
    },
  },
  {
    name: 'a signal aborted during the call rejects with its reason, and the VFS stays usable',
    async run({ vfs, capabilities }) {
      await vfs.mkdir('/d');
      await vfs.writeFile('/d/f', 'x');
      const options: { signal?: AbortSignal } = {};
      for (const [op, call] of everyOperation(vfs, '/d', options)) {
        const controller = new AbortController();
        const reason = { why: `aborted ${op}` };
        options.signal = controller.signal;
        const pending = resultOf(call);
        controller.abort(reason);
        const answeredAtOnce = capabilities.cost === 'local' && (await settlesInMicrotasks(pending));
        const result = await pending;
        // What is done before its call returns has its answer before the abort.
        if (answeredAtOnce && (result.fulfilled || isVFSError(result.error))) continue;
        demand(!result.fulfilled, `${op} resolved although its signal was aborted`);
        demand(result.error === reason, `${op} rejected with other than the reason: ${String(result.error)}`);
      }
      await vfs.mkdir('/after');
      demandEqual((await vfs.stat('/after')).type, 'directory', 'type of what was made after aborted calls');
    },
  },
  {
    name: 'a signal aborted after the call changes nothing',
    async run({ vfs }) {
      const controller = new AbortController();
      const { signal } = controller;
      await vfs.mkdir('/d', { signal });
      await vfs.writeFile('/d/f', 'kept', { signal });
      await demandNames(vfs, '/d', ['f'], 'before the abort');
      controller.abort();
      demandBytes(await vfs.readFile('/d/f'), utf8('kept'), 'file after a late abort');
    },
  },
  {
    name: 'a signal used for many calls keeps no listener of a finished one',
    async run({ vfs }) {
      const { signal } = new AbortController();
      const listeners = new Set<unknown>();
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners.add(args[1]);
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners.delete(args[1]);
        remove(...args);
      };
      for (let round = 0; round < 20; round++) {
        await vfs.writeFile('/f', 'x', { signal });
        await vfs.ls('/', { signal });
        await resultOf(() => vfs.readFile('/no', { signal }));
      }
      // What an operation leaves behind may take a moment to go, but may not grow with the number of calls.
      demand(listeners.size <= 3, `${listeners.size} listeners are left on a signal after 60 calls`);
    },
  },
  {
    name: 'a closed VFS rejects every call with ECONN, and other clients go on',
    async run({ vfs, open, scoped }) {
      const [closed, disposed] = [await open(), await open()];
      await closed.mkdir('/d');
      await closed.close();
      await closed.close();
      await disposed[Symbol.asyncDispose]();
      await vfs.writeFile('/d/f', 'x');
      await demandNames(vfs, '/d', ['f'], 'after other clients were closed');
      if (scoped) {
        await demandNames(closed, '/d', ['f'], 'by a view that was closed, which closes nothing');
        return;
      }
      for (const client of [closed, disposed]) {
        for (const [op, call] of everyOperation(client, '/d')) {
          const result = await resultOf(call);
          demand(!result.fulfilled, `${op} resolved on a closed VFS`);
          demandVFSError(result.error, `${op} on a closed VFS`);
          demandEqual(
            [result.error.code, result.error.outcome],
            ['ECONN', 'failed'],
            `${op} on a closed VFS`,
          );
        }
      }
      await demandNames(vfs, '/', ['d'], 'after calls on a closed VFS');
    },
  },
  {
    name: 'capabilities are frozen, whole, and the same for every client',
    async run({ vfs, open }) {
      const declared = vfs.capabilities;
      demand(Object.isFrozen(declared), 'capabilities are not frozen');
      demand(vfs.capabilities === declared, 'capabilities are another object each time');
      const choices: Readonly<Record<string, readonly unknown[]>> = {
        exclusiveMkdir: ['known', 'probe'],
        exclusiveWrite: [true, false],
        claimAs: declared.exclusiveWrite ? ['directory', 'file'] : ['directory'],
        link: [true, false],
        chtimes: [true, false],
        rename: [true, false],
        watch: [true, false],
        directories: ['real', 'virtual'],
        listing: ['names', 'versions'],
        abort: ['wire', 'caller'],
        cost: ['local', 'network', 'metered'],
      };
      const fields = new Map<string, unknown>(Object.entries(declared));
      demandEqual(
        [...fields.keys()].sort(),
        [...Object.keys(choices), 'mtimeGranularityMs'].sort(),
        'fields',
      );
      for (const [field, allowed] of Object.entries(choices)) {
        demand(allowed.includes(fields.get(field)), `capabilities.${field} is ${String(fields.get(field))}`);
      }
      demand(declared.mtimeGranularityMs > 0, `mtimeGranularityMs is ${declared.mtimeGranularityMs}`);
      demand(typeof vfs.adapter === 'string' && vfs.adapter !== '', 'the adapter has no name');
      const other = await open();
      const inOrder = (all: object): unknown => Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
      demandEqual(inOrder(other.capabilities), inOrder(declared), 'capabilities of another client');
    },
  },
];

/** Whether `call` is over without a turn of the event loop. */
async function settlesInMicrotasks(call: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void call.then(() => (settled = true));
  for (let step = 0; step < 50; step++) await Promise.resolve();
  return settled;
}
