import { expect } from 'vitest';
import type { LocalVFSOptions } from '@holdfast/local';
import type { FileInfo, VFS } from '@holdfast/vfs';
import type { Bench, HostName } from '../bench/bench.js';
import { onEach, type FiguresByMount } from '../bench/figures.js';
import { remoteVFS } from '../bench/remote-vfs.js';
import { pause } from '../bench/trial.js';
import { monotonic } from '../lab/inside/instant.js';
import { pointOf, type MountKind } from '../lab/mounts.js';
import { EXPORT } from '../lab/nfs-server.js';
import { SHARE } from '../lab/samba.js';

// What the adapter does on a mount, each against the same mount dealt with as a local disk, or otherwise without it:
// the one is never wrong, the other is. All of it is chosen by the type of the filesystem; the options override it.

const ROUNDS = 12;
const REWRITES = 150;
const AS_LOCAL: LocalVFSOptions = { filesystem: 'local' };

let opened = 0;

/** A folder of its own on a mount, as its two hosts see it. */
class Folder {
  readonly name: string;
  readonly #bench: Bench;
  readonly #kind: MountKind;

  constructor(bench: Bench, kind: MountKind, name: string) {
    this.#bench = bench;
    this.#kind = kind;
    this.name = `needed-${kind.id}-${name}`;
  }

  async on(host: HostName, options: LocalVFSOptions = {}): Promise<VFS> {
    const contender = await this.#bench.contender(host, 'needed');
    await contender.keep(pointOf(this.#kind));
    return remoteVFS(contender, `needed-${++opened}`, `${pointOf(this.#kind)}/${this.name}`, {
      create: true,
      deadlineMs: 60_000,
      ...options,
    });
  }

  /** The mtime of a file by the server itself, in seconds, less the server's clock. */
  async ageOnServer(file: string): Promise<number> {
    const script = (at: string): string => `echo $(($(stat -c %Y ${at}/${this.name}/${file}) - $(date +%s)))`;
    const { nfs, warden } = this.#bench.lab;
    const shown =
      this.#kind.server === 'nfs'
        ? await nfs.guest.sh(script(EXPORT))
        : await warden.run('sh', '-c', script(SHARE));
    return Number(shown);
  }
}

const sizeOf = async (vfs: VFS, path: string): Promise<number | undefined> =>
  vfs.stat(path).then(
    ({ size }: FileInfo) => size,
    () => undefined,
  );

/** Counts how often `look` was wrong. */
async function wrongIn(look: (round: number) => Promise<boolean>): Promise<number> {
  let wrong = 0;
  for (let round = 0; round < ROUNDS; round++) if (!(await look(round))) wrong++;
  return wrong;
}

/** How often one host was told what was no longer so, after the other one had changed it. By kind of change. */
async function mistakes(
  bench: Bench,
  kind: MountKind,
  options: LocalVFSOptions,
): Promise<Record<string, number>> {
  const folder = new Folder(bench, kind, options.filesystem ?? 'auto');
  const [writer, reader] = [await folder.on('one'), await folder.on('two', options)];
  await writer.writeFile('/f', '');
  return {
    rewritten: await wrongIn(async (round) => {
      await reader.stat('/f');
      await writer.writeFile('/f', 'x'.repeat(round + 1));
      return (await sizeOf(reader, '/f')) === round + 1;
    }),
    made: await wrongIn(async (round) => {
      await sizeOf(reader, `/new-${round}`);
      await writer.writeFile(`/new-${round}`, 'x');
      return (await sizeOf(reader, `/new-${round}`)) === 1;
    }),
    removed: await wrongIn(async (round) => {
      await writer.mkdir(`/d-${round}`);
      await reader.stat(`/d-${round}`);
      await writer.rm(`/d-${round}`);
      return reader.mkdir(`/d-${round}`).then(
        () => true,
        () => false,
      );
    }),
  };
}

/** Open to be fresh, listings before "it does not exist" or "it exists" is believed. */
export async function freshness(bench: Bench): Promise<void> {
  await onEach(bench.mounts, async (kind) => {
    const careful = await mistakes(bench, kind, {});
    expect(careful, kind.title).toEqual({ rewritten: 0, made: 0, removed: 0 });
    const careless = await mistakes(bench, kind, AS_LOCAL);
    if (kind.server === 'nfs') expect(careless['rewritten'], kind.title).toBeGreaterThan(0);
    expect(careless['made'], kind.title).toBeGreaterThan(0);
    if (kind.server === 'samba') expect(careless['removed'], kind.title).toBeGreaterThan(0);
  });
}

const OLD = 'old content';
const NEW = 'new content';

/**
 * Reads past the cache, on NFSv3: there a client knows a file that was rewritten by its times and its length alone, and
 * takes what it has in its cache for the content where these are as they were. A rewrite of the same length within the
 * same tick of the server's clock leaves them so. To have one for certain, the server's clock is set to the same second
 * before either write, until the times that it gave to the file are the same too.
 */
export async function uncached(bench: Bench): Promise<void> {
  const server = bench.lab.nfs.guest;
  const mounts = bench.mounts.filter(({ protocol }) => protocol === 'NFSv3');
  const before = (await server.sh('cut -d" " -f1 /proc/uptime; date +%s')).split('\n').map(Number);
  try {
    for (const kind of mounts) {
      const folder = new Folder(bench, kind, 'uncached');
      const [careful, careless] = [await folder.on('two'), await folder.on('two', AS_LOCAL)];
      await careless.writeFile('/f', OLD);
      const file = `${EXPORT}/${folder.name}/f`;
      const second = before[1]!;
      const write = (text: string): string => `date -s @${second} >/run/set; printf '${text}' 1<>${file}`;
      const times = `stat -c '%y %z %s' ${file}`;
      await server.sh(`${write(OLD)}; ${times} > /run/times`);
      const read = async (vfs: VFS): Promise<string> => new TextDecoder().decode(await vfs.readFile('/f'));
      // The first open after a change is what brings the times of the cache up to date, so it is the second that counts.
      for (const vfs of [careless, careful, careless]) expect(await read(vfs), kind.title).toBe(OLD);
      const rewrite = `${write(NEW)}; [ "$(${times})" = "$(cat /run/times)" ]`;
      await server.sh(`for i in $(seq 500); do ${rewrite} && exit; done; exit 1`);
      expect(await read(careless), `${kind.title}: from the cache`).toBe(OLD);
      expect(await read(careful), `${kind.title}: past the cache`).toBe(NEW);
    }
  } finally {
    const [uptime = NaN, second = NaN] = before;
    await server.sh(`date -s @$((${second} - ${Math.floor(uptime)} + $(cut -d. -f1 /proc/uptime)))`);
  }
}

/** Writing over what is there: nobody ever reads an empty file. */
export async function rewriting(bench: Bench): Promise<void> {
  const empties = await onEach(bench.mounts, async (kind) => {
    const folder = new Folder(bench, kind, 'rewriting');
    const [writer, reader] = [await folder.on('one'), await folder.on('two')];
    const [one, two] = [
      await bench.contender('one', 'needed'),
      await bench.contender('two', `needed-${kind.id}`),
    ];
    await two.keep(pointOf(kind));
    await two.peer.call('open', 'watched', `${pointOf(kind)}/${folder.name}`, {});
    const during = async (file: string, rewrite: () => Promise<void>): Promise<number> => {
      await writer.writeFile(file, 'record');
      await reader.readFile(file);
      const watched = two.peer.call('watchEmpty', 'watched', file);
      await rewrite();
      await two.peer.call('stop');
      return watched;
    };
    const over = await during('/over', async () => {
      for (let time = 0; time < REWRITES; time++) await writer.writeFile('/over', `record ${time}`);
    });
    const path = `${pointOf(kind)}/${folder.name}/truncated`;
    return { over, truncated: await during('/truncated', () => one.peer.call('rewrite', path, REWRITES)) };
  });
  for (const [kind, { over, truncated }] of empties) {
    expect(over, kind.title).toBe(0);
    expect(truncated, kind.title).toBeGreaterThan(0);
  }
}

const AHEAD_S = 3600;

/**
 * On SMB, a client that was not made to flush sets the mtime once more when it closes the file for good, a second later,
 * and to its own time if the file was truncated. With a flush the server's time stands.
 *
 * On NFS no difference is to be seen between the two: the close flushes too, and reports what went wrong, and the server
 * sets the times. The flush is there for the clients that need not do so as they close, those with a write delegation,
 * which the kernel's server of Linux 6.1 gives to nobody.
 */
export async function flushing(bench: Bench): Promise<void> {
  const one = bench.guest('one');
  await one.sh(`date -s @$(($(date +%s) + ${AHEAD_S}))`);
  try {
    await onEach(bench.mounts, async (kind) => {
      const folder = new Folder(bench, kind, 'flushing');
      const [flushed, not] = [await folder.on('one'), await folder.on('one', { fsync: false })];
      const plain = await bench.contender('one', 'needed');
      const files = ['flushed', 'not-flushed', 'truncated'];
      for (const file of files) await flushed.writeFile(`/${file}`, 'first');
      await pause(3000);
      const began = monotonic();
      await flushed.writeFile('/flushed', 'second');
      await not.writeFile('/not-flushed', 'second');
      await plain.peer.call('rewrite', `${pointOf(kind)}/${folder.name}/truncated`, 1);
      await pause(3000);
      const sinceS = (monotonic() - began) / 1000;
      const [first = NaN, second = NaN, third = NaN] = await Promise.all(
        files.map((file) => folder.ageOnServer(file)),
      );
      // Of the moment of the write, to the second that stat rounds to.
      const stands = (age: number, what: string): void =>
        expect(Math.abs(age + sinceS), `${kind.title}: ${what}`).toBeLessThan(2);
      stands(first, 'flushed');
      if (kind.server === 'samba') {
        expect(second, `${kind.title}: not flushed`).toBeGreaterThan(first);
        expect(third, `${kind.title}: truncated`).toBeGreaterThan(AHEAD_S / 2);
      } else {
        stands(second, 'not flushed');
        stands(third, 'truncated');
      }
    });
  } finally {
    await one.sh(`date -s @$(($(date +%s) - ${AHEAD_S}))`);
  }
}

/** Why a beat is a name: to open what a host had leased that stands still takes seconds, to list it does not. */
export async function leased(bench: Bench): Promise<FiguresByMount> {
  const mounts = bench.mounts.filter(({ server }) => server === 'samba');
  const readers = await onEach(mounts, async (kind) => {
    const folder = new Folder(bench, kind, `leased-${++opened}`);
    const reader = await folder.on('two');
    await (await folder.on('one')).writeFile('/record', 'held');
    return reader;
  });
  await bench.guest('one').freeze();
  try {
    return await onEach(mounts, async (kind) => {
      const timed = async (call: Promise<unknown>): Promise<number> => {
        const began = monotonic();
        await call;
        return monotonic() - began;
      };
      const reader = readers.get(kind)!;
      const reading = timed(reader.readFile('/record'));
      const listed = await timed(reader.ls('/'));
      const read = await reading;
      expect(read, kind.title).toBeGreaterThan(500);
      expect(listed, kind.title).toBeLessThan(read / 2);
      return { openOfLeased: read, listing: listed };
    });
  } finally {
    await bench.guest('one').thaw();
  }
}
