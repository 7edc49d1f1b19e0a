import type { VFS } from '@holdfast/vfs';
import type { Case, Context } from '../case.js';
import { eventually, pause, within } from '../eventually.js';
import { demand, demandEqual, demandVFSError, namesIn, resultOf, type Result } from '../verdict.js';

const CALLS = 20;

/** The client can be used again: whatever happened to its connection, it has replaced it. */
async function recovers(vfs: VFS, { settings: { patienceMs } }: Context): Promise<void> {
  await eventually(() => vfs.ls('/'), patienceMs, 'the client has not recovered');
}

/** What a call reported of itself is what is there: a `failed` one has left nothing, a resolved one has. */
async function demandHonest(vfs: VFS, paths: readonly string[], results: readonly Result[]): Promise<void> {
  const there = new Set(await namesIn(vfs, '/'));
  for (const [index, result] of results.entries()) {
    const path = paths[index] ?? '';
    const exists = there.has(path.slice(1));
    if (result.fulfilled) {
      demand(exists, `${path} resolved and is not there`);
      continue;
    }
    demandVFSError(result.error, path);
    const { code, outcome } = result.error;
    demand(
      code !== 'EEXIST',
      `${path} had a single caller, and was told EEXIST: its own retry was in the way`,
    );
    demand(!exists || outcome === 'unknown', `${path} rejected as ${code}, outcome ${outcome}, and is there`);
  }
}

/** What happens when the server stops, or the connection goes: nobody hangs, and nobody is told what is not known. */
export const outageCases: readonly Case[] = [
  {
    name: 'a call to a stopped server ends at its deadline; a change has an unknown outcome, a look has failed',
    needs: 'stall',
    async run(context) {
      const { settings, open, stall } = context;
      const client = await open({ deadlineMs: settings.stalledDeadlineMs });
      await eventually(() => client.ls('/'), settings.patienceMs, 'the client cannot list');
      const resume = await stall();
      let made: Result;
      let looked: Result;
      try {
        [made, looked] = await within(
          Promise.all([resultOf(() => client.mkdir('/d')), resultOf(() => client.stat('/'))]),
          settings.patienceMs,
          'calls to a stopped server have not ended',
        );
      } finally {
        await resume();
      }
      for (const [name, result, expected] of [
        ['mkdir', made, 'unknown'],
        ['stat', looked, 'failed'],
      ] as const) {
        demand(!result.fulfilled, `${name} resolved on a stopped server`);
        demandVFSError(result.error, name);
        const { code, outcome } = result.error;
        demand(code === 'ETIMEDOUT' || code === 'ECONN', `${name} on a stopped server is ${code}`);
        if (code === 'ETIMEDOUT') demandEqual(outcome, expected, `outcome of ${name} on a stopped server`);
      }
      await recovers(client, context);
    },
  },
  {
    name: 'a change that its caller gave up on may land later, and was never reported as failed',
    needs: 'stall',
    async run(context) {
      const { vfs, settings, open, stall } = context;
      const client = await open({ deadlineMs: settings.stalledDeadlineMs });
      await eventually(() => client.ls('/'), settings.patienceMs, 'the client cannot list');
      const paths = ['/a', '/b', '/c'];
      const resume = await stall();
      let results: readonly Result[];
      try {
        results = await within(
          Promise.all(paths.map((path) => resultOf(() => client.mkdir(path)))),
          settings.patienceMs,
          'calls to a stopped server have not ended',
        );
      } finally {
        await resume();
      }
      await recovers(client, context);
      await recovers(vfs, context);
      // What is still on its way lands soon after the server goes on.
      await pause(settings.stalledDeadlineMs);
      await demandHonest(vfs, paths, results);
      for (const path of paths) {
        const again = await resultOf(() => vfs.mkdir(path));
        if (again.fulfilled) continue;
        demandVFSError(again.error, path);
        demandEqual(again.error.code, 'EEXIST', `code of mkdir ${path}, made again after the server went on`);
      }
      const there = await namesIn(vfs, '/');
      demandEqual(there, ['a', 'b', 'c'], 'directories after the server went on');
    },
  },
  {
    name: 'an abort during a call to a stopped server lets the caller go at once',
    needs: 'stall',
    async run(context) {
      const { settings, open, stall } = context;
      const client = await open({ deadlineMs: settings.patienceMs * 10 });
      await client.ls('/');
      const resume = await stall();
      const controller = new AbortController();
      const reason = { why: 'no longer wanted' };
      try {
        const pending = [
          resultOf(() => client.mkdir('/d', { signal: controller.signal })),
          resultOf(() => client.ls('/', { signal: controller.signal })),
        ];
        await pause(settings.stalledDeadlineMs / 4);
        controller.abort(reason);
        for (const result of await within(
          Promise.all(pending),
          settings.patienceMs,
          'aborted calls have not ended',
        )) {
          demand(
            !result.fulfilled && result.error === reason,
            'a call did not reject with the reason of the abort',
          );
        }
      } finally {
        await resume();
      }
      await recovers(client, context);
    },
  },
  {
    name: 'after connections were cut, each call has told the truth about its outcome, and the client recovers',
    needs: 'cut',
    async run(context) {
      const { vfs, settings, cut } = context;
      for (let round = 0; round < 3; round++) {
        await recovers(vfs, context);
        const paths = Array.from({ length: CALLS }, (_, call) => `/${round}-${call}`);
        const pending = Promise.all(paths.map((path) => resultOf(() => vfs.mkdir(path))));
        await pause(round);
        await cut();
        const results = await within(pending, settings.patienceMs, 'calls on cut connections have not ended');
        await recovers(vfs, context);
        await demandHonest(vfs, paths, results);
      }
      await vfs.mkdir('/after');
    },
  },
];
