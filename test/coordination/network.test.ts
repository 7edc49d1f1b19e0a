import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../processes/eventually.js';
import { startFakeS3 } from '../servers/fake-s3.js';
import { makeBucket, type S3Server } from '../servers/s3-server.js';
import { noSshd, startSshd, type Sshd } from '../servers/sshd.js';
import { placeOn, type SftpPlace } from '../sftp/places.js';
import { Crew, type Work } from './crew.js';
import { conflicts, holdsIn, mostAtOnce } from './holds.js';

const LONG = { timeout: 240_000 };
const STALE_MS = 4_000;

const missing = await noSshd();

describe.skipIf(missing !== undefined)(`processes on SFTP${missing ? ` (${missing})` : ''}`, () => {
  let server: Sshd;
  let place: SftpPlace;
  beforeAll(async () => {
    server = await startSshd();
    place = placeOn(server);
    await place.open().then((vfs) => vfs.close());
  });
  afterAll(async () => {
    await place.cleanup();
    await server.stop();
  });
  coordinate(() => ({ kind: 'sftp', options: { ...place.options, deadlineMs: 30_000 } }));
});

describe('processes on S3', () => {
  let server: S3Server;
  let bucket: Awaited<ReturnType<typeof makeBucket>>;
  beforeAll(async () => {
    server = await startFakeS3({});
    bucket = await makeBucket(server, 'coordination');
  });
  afterAll(() => server.stop());
  coordinate(() => ({ kind: 's3', options: bucket }));
});

function coordinate(storage: () => NonNullable<Work['storage']>): void {
  const common = { staleAfterMs: STALE_MS, pollMs: 100, holdMs: 100 };

  test('share the permits of a semaphore, and go on without one that is killed', LONG, async () => {
    await using crew = new Crew({
      ...common,
      storage: storage(),
      dir: '/a',
      part: 'semaphore',
      permits: 2,
      counts: [1, 1, 2],
    });
    for (let count = 0; count < 3; count++) await crew.start();
    await eventually(
      () => crew.tokens > 6,
      'they take turns',
      () => crew.tokens,
    );
    await crew.kill(crew.names[0] ?? '');
    const before = crew.tokens;
    await eventually(
      () => crew.tokens > before + 6,
      'the others go on',
      () => crew.tokens,
    );
    await crew.end();
    expect(mostAtOnce(holdsIn(crew.lines('held')))).toBe(2);
  });

  test('read side by side, and write alone', LONG, async () => {
    await using crew = new Crew({
      ...common,
      storage: storage(),
      dir: '/b',
      part: 'lock',
      counts: 0,
      contenders: 3,
    });
    for (let count = 0; count < 3; count++) await crew.start();
    await crew.start({ contenders: 1, counts: 1 });
    await eventually(
      () => crew.tokensOf('exclusive') >= 3 && crew.tokensOf('shared') > 9,
      'both have turns',
      () => crew.tokens,
    );
    await crew.end();
    const holds = holdsIn(crew.lines('held'));
    expect(conflicts(holds)).toEqual([]);
    expect(mostAtOnce(holds.filter(({ mode }) => mode === 'shared'))).toBeGreaterThan(3);
  });

  test('follow one leader after the other, also one that is killed', LONG, async () => {
    await using crew = new Crew({ ...common, storage: storage(), dir: '/c', part: 'candidate', holdMs: 300 });
    for (let count = 0; count < 3; count++) await crew.start();
    const watcher = await crew.start({ part: 'observer' });
    await eventually(
      () => crew.tokens > 2,
      'they lead in turn',
      () => crew.tokens,
    );
    const last = crew.lines('held').at(-1)?.name ?? '';
    await crew.kill(last);
    const before = crew.tokens;
    await eventually(
      () => crew.tokens > before + 2,
      'the others go on',
      () => crew.tokens,
    );
    const seen = (): number => new Set(crew.lines('observed').map(({ token }) => token)).size;
    await eventually(() => seen() > 2, 'the one who looks is told of several', seen);
    await crew.end();
    expect(watcher).not.toBe(last);
    expect(conflicts(holdsIn(crew.lines('held')))).toEqual([]);
    const observed = crew.lines('observed').filter(({ token }) => token !== undefined);
    expect(observed.length).toBeGreaterThan(1);
    for (const { token, value } of observed) expect(value).toMatch(new RegExp(`began$|leads as ${token}$`));
  });
}
