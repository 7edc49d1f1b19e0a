import { expect } from 'vitest';
import type { LocalVFSOptions } from '@holdfast/local';
import type { Bench } from '../bench/bench.js';
import { Contender } from '../bench/contender.js';
import { onEach, type FiguresByMount } from '../bench/figures.js';
import { pause, STALE_AFTER_MS } from '../bench/trial.js';
import { monotonic } from '../lab/inside/instant.js';
import { HOLDFAST } from '../lab/folders.js';
import { pointOf, type MountKind } from '../lab/mounts.js';

const DEADLINE_MS = 2000;
const TIMEOUT_MS = 1000;
/** More than a process without help can have in the air: it has four threads for files. */
const HUNG_CALLS = 6;
/** What an emulated machine may add to anything. */
const SLOWNESS_MS = 3000;
/** For what must come, however slow the machine. */
const PATIENCE_MS = 30_000;
/** How long a process is watched that is expected not to end. */
const STUCK_MS = 3000;

/** A process of its own for each mount, all of whose calls to it hang. */
async function hung(
  bench: Bench,
  kind: MountKind,
  name: string,
  options: LocalVFSOptions,
): Promise<Contender> {
  const guest = bench.guest('one');
  const contender = await Contender.start(guest, `${name}-${kind.id}`, await guest.clock());
  await contender.keep(pointOf(kind));
  // NFSv3 and NFSv4 show one directory of the server, so each mount gets a folder of its own in there.
  const root = `${pointOf(kind)}/${name}-${kind.id}`;
  await contender.open(name, root, { create: true, ...options }, { id: name, staleAfterMs: STALE_AFTER_MS });
  await contender.peer.call('call', name, 1, { op: 'ls', path: '/' });
  return contender;
}

function hangCalls(contender: Contender, id: string): Promise<PromiseSettledResult<unknown>[]> {
  const calls = Array.from({ length: HUNG_CALLS }, (_, call) =>
    contender.peer.call('call', id, 10 + call, { op: 'mkdir', path: `/d${call}` }),
  );
  return Promise.allSettled(calls);
}

/** The servers stand still: what a program does beside its calls to them goes on, and so does its end. */
export async function hanging(bench: Bench): Promise<FiguresByMount> {
  const contenders = await onEach(bench.mounts, (kind) =>
    hung(bench, kind, 'hanging', { deadlineMs: DEADLINE_MS }),
  );
  await bench.lab.servers((server) => server.freeze());
  try {
    return await onEach(bench.mounts, async (kind) => {
      const contender = contenders.get(kind)!;
      const begun = monotonic();
      const calls = hangCalls(contender, 'hanging');
      const refused = contender.acquire('hanging', { timeoutMs: TIMEOUT_MS }).then(
        () => 'granted',
        (error: unknown) => ({ code: (error as { code?: unknown }).code, afterMs: monotonic() - begun }),
      );
      await pause(500);

      const { timerMs, filesMs } = await contender.peer.call('bystand');
      expect(timerMs, `${kind.title}: timers`).toBeLessThan(SLOWNESS_MS);
      expect(filesMs, `${kind.title}: other files`).toBeLessThan(SLOWNESS_MS);
      await contender.process.signal('SIGUSR2');
      await contender.until('signals', () => true, PATIENCE_MS);

      const refusal = await refused;
      expect(refusal, kind.title).toMatchObject({ code: 'ELOCKTIMEOUT' });
      const waited = typeof refusal === 'string' ? NaN : refusal.afterMs;
      expect(waited, `${kind.title}: timeout`).toBeLessThan(TIMEOUT_MS + SLOWNESS_MS);
      for (const call of await calls) {
        const code = call.status === 'rejected' ? (call.reason as { code?: unknown }).code : 'made';
        expect(code, kind.title).toBe('ETIMEDOUT');
      }
      const asked = monotonic();
      void contender.peer.call('exit', 7).catch(() => undefined);
      expect(await contender.process.ended, kind.title).toBe('7');
      return { timers: timerMs, files: filesMs, timeout: waited, exit: monotonic() - asked };
    });
  } finally {
    await bench.lab.servers((server) => server.thaw());
  }
}

/** The same without the helper process: what it is there for. */
export async function hangingInProcess(bench: Bench): Promise<void> {
  const options = { deadlineMs: DEADLINE_MS, isolate: false };
  const contenders = await onEach(bench.mounts, (kind) => hung(bench, kind, 'in-process', options));
  await bench.lab.servers((server) => server.freeze());
  try {
    await onEach(bench.mounts, async (kind) => {
      const contender = contenders.get(kind)!;
      await hangCalls(contender, 'in-process');
      void contender.peer.call('exit', 7).catch(() => undefined);
      const ended = await Promise.race([contender.process.ended, pause(STUCK_MS).then(() => 'stuck')]);
      expect(ended, kind.title).toBe('stuck');
    });
  } finally {
    await bench.lab.servers((server) => server.thaw());
  }
  await onEach(bench.mounts, async (kind) => {
    expect(await contenders.get(kind)!.process.ended, kind.title).toBe('7');
  });
}

/** `holdfast run` ends its command while the lock's server is silent, and itself. */
export async function commandEnded(bench: Bench): Promise<FiguresByMount> {
  const one = bench.guest('one');
  const work = (kind: MountKind): string => `/run/work-${kind.id}`;
  await onEach(bench.mounts, async (kind) => {
    await one.sh(`mkdir -p ${pointOf(kind)}/run-${kind.id}`);
    // The command writes its pid once it runs, under the lock.
    const command = `sh -c 'echo $$ > ${work(kind)}; exec sleep 600'`;
    const flags = `--on ${pointOf(kind)}/run-${kind.id} --id job --stale-after ${STALE_AFTER_MS}ms --quiet`;
    await one.sh(
      `(${process.execPath} ${HOLDFAST} run ${flags} -- ${command}; echo $? > ${work(kind)}.status) >/run/log-${kind.id} 2>&1 &`,
    );
    await one.sh(
      `for i in $(seq 600); do [ -s ${work(kind)} ] && exit; sleep 0.1; done; cat /run/log-${kind.id}; exit 1`,
    );
  });
  const frozenAt = monotonic();
  await bench.lab.servers((server) => server.freeze());
  try {
    return await onEach(bench.mounts, async (kind) => {
      await one.sh(
        `for i in $(seq 600); do kill -0 $(cat ${work(kind)}) 2>/dev/null || exit 0; sleep 0.05; done; exit 1`,
      );
      const ended = monotonic() - frozenAt;
      expect(ended, `${kind.title}: the command`).toBeLessThan(STALE_AFTER_MS + SLOWNESS_MS);
      await one.sh(`for i in $(seq 600); do [ -s ${work(kind)}.status ] && exit 0; sleep 0.05; done; exit 1`);
      const exited = monotonic() - frozenAt;
      const status = (await one.sh(`cat ${work(kind)}.status`)).trim();
      expect(status, kind.title).toBe('76');
      return { commandEnded: ended, runEnded: exited };
    });
  } finally {
    await bench.lab.servers((server) => server.thaw());
  }
}
