import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Bench, MAIN } from './holdfast.js';

const bench = new Bench();
const SECRETS = { HOLDFAST_SFTP_PASSWORD: 's3cret', HOLDFAST_SFTP_PASSPHRASE: 's3cret2' };

describe('what is meant for holdfast', () => {
  test('stays from the command, unless it is asked for', async () => {
    const env = ['--', 'env'];
    const none = await bench.run(['run', ...env], SECRETS);
    expect(none.stdout).not.toContain('s3cret');
    expect(none.stdout).not.toMatch(/^HOLDFAST_URL=/m);
    const all = await bench.run(['run', '--pass-env', ...env], SECRETS);
    expect(all.stdout).toContain('HOLDFAST_SFTP_PASSWORD=s3cret\n');
    expect(all.stdout).toContain(`HOLDFAST_URL=${bench.folder}\n`);
    const one = await bench.run(['run', '--pass-env', 'HOLDFAST_SFTP_PASSWORD', ...env], SECRETS);
    expect(one.stdout).toContain('HOLDFAST_SFTP_PASSWORD=s3cret\n');
    expect(one.stdout).not.toMatch(/s3cret2|^HOLDFAST_URL=/m);
  });

  test('is missed by a holdfast below, which does not lock something else instead', async () => {
    const below = ['--', process.execPath, MAIN, 'status'];
    expect(await bench.run(['run', ...below])).toMatchObject({ status: 64, stdout: '' });
    expect(await bench.run(['run', ...below, '--on', bench.folder])).toMatchObject({ status: 0 });
    expect(await bench.run(['run', '--pass-env', 'HOLDFAST_URL', ...below])).toMatchObject({ status: 0 });
  });

  test.runIf(process.platform === 'linux')('does not reach the guardian', async () => {
    const { guardian } = await bench.hold('read -r _');
    const seen = await bench.run(['run', '--id', 'b', '--', 'cat', `/proc/${guardian}/environ`], SECRETS);
    expect(seen).toMatchObject({ status: 0 });
    expect(seen.stdout).not.toMatch(/HOLDFAST|s3cret/);
  });
});

describe('a place that nobody meant is never taken', () => {
  test.each([
    ['HOLDFAST_URL is empty, as in CI where a secret is missing', { HOLDFAST_URL: '' }],
    ['HOLDFAST_URL is blank', { HOLDFAST_URL: ' ' }],
    ['HOLDFAST_URL has the line feed of its file', { HOLDFAST_URL: 'file:///tmp\n' }],
    ['HOLDFAST_URL is a home that no shell has replaced', { HOLDFAST_URL: '~/locks' }],
    ['XDG_STATE_HOME is not absolute', { HOLDFAST_URL: undefined, XDG_STATE_HOME: 'state' }],
  ])('because %s', async (_, env) => {
    const result = await bench.run(['run', '--', 'echo', 'ran'], env);
    expect(result).toMatchObject({ status: 64, stdout: '' });
  });

  test('because a folder named in it is missing: it is not made', async () => {
    const missing = join(bench.folder, 'missing', 'deeper');
    for (const on of [missing, `file://${missing}`]) {
      expect(await bench.run(['run', '--on', on, '--', 'echo', 'ran'])).toMatchObject({
        status: 69,
        stdout: '',
      });
    }
    expect(await bench.run(['status', '--on', join(bench.folder, 'missing')])).toMatchObject({ status: 69 });
  });
});

test.each([
  'webdavs://ada:Sup/s3cret@host.invalid/dav',
  'webdavs://ada:Sup#s3cret@host.invalid/dav',
  'sftp://ada:Sup?s3cret@host.invalid/dav',
  'webdavs://ada:Sup[s3cret@host.invalid/dav',
  ' webdavs://ada:s3cret@host invalid/dav',
  'sftp://ada:s3cret@host.invalid/dav',
  's3://AKIA:s3cret@bucket/dav',
  's3://bucket/dav?secretAccessKey=s3cret',
  'webdav://localhost:1/dav?password=s3cret',
  'webdav://ada:s3cret@localhost:1/dav',
  'webdav://localhost:1/dav#s3cret',
  'ftp://ada:s3cret@host.invalid/',
])('no password shows of the place %s', async (place) => {
  const results = await Promise.all([
    bench.run(['status'], { HOLDFAST_URL: place }),
    bench.run(['run', '--on', place, '--', 'true']),
    bench.run(['status', `--onn=${place}`]),
    bench.run(['status', place]),
    bench.run([place.trim()]),
  ]);
  for (const { status, stdout, stderr } of results) {
    expect(status).toBeGreaterThan(0);
    expect(stdout + stderr).not.toContain('s3cret');
  }
});
