import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules/.bin');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-examples-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ending {
  readonly status: number;
  readonly output: string;
}

function run(file: string, args: readonly string[]): Promise<Ending> {
  const env = {
    ...process.env,
    PATH: `${BIN}${delimiter}${process.env['PATH']}`,
    HOLDFAST_URL: folder,
    CI: '',
  };
  return new Promise((resolve) => {
    execFile(file, args, { cwd: ROOT, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ status, output: stdout + stderr });
    });
  });
}

test('the nightly report is written by one of the hosts on which cron starts it', async () => {
  const job = ['examples/nightly-report/nightly-report.js', pathToFileURL(folder).href];
  const hosts = await Promise.all([1, 2, 3].map(() => run(process.execPath, job)));
  expect(hosts.map(({ status }) => status)).toStrictEqual([0, 0, 0]);
  expect(hosts.filter(({ output }) => output.includes('was written'))).toHaveLength(1);
  expect(await run(process.execPath, job)).toMatchObject({ status: 0, output: 'It was done already.\n' });
});

test('deploys that are started at the same time run one after the other', async () => {
  const target = join(folder, 'target');
  mkdirSync(target);
  const versions = ['1.0', '1.1', '1.2'];
  const script = join(ROOT, 'examples/deploy/deploy.sh');
  const endings = await Promise.all(versions.map((version) => run(script, [version, target])));
  expect(endings.map(({ status }) => status)).toStrictEqual([0, 0, 0]);
  const log = readFileSync(join(target, 'log'), 'utf8').trimEnd().split('\n');
  expect(log).toHaveLength(6);
  for (let at = 0; at < log.length; at += 2) expect(log[at]?.replace('begin', 'end')).toBe(log[at + 1]);
  expect(readFileSync(join(target, 'token'), 'utf8')).toMatch(/^\d{16}\n$/);
});

test('the counter with await using compiles as it is, and counts', async () => {
  const compiled = join(ROOT, 'examples/await-using/dist');
  try {
    const { status, output } = await run('npx', ['--no-install', 'tsc', '-p', 'examples/await-using']);
    expect({ status, output: output.replaceAll(/^npm warn.*\n/gm, '') }).toStrictEqual({
      status: 0,
      output: '',
    });
    const program = [join(compiled, 'await-using.js'), pathToFileURL(folder).href];
    const runs = await Promise.all([1, 2, 3].map(() => run(process.execPath, program)));
    expect(runs.map(({ status: each }) => each)).toStrictEqual([0, 0, 0]);
    expect(readFileSync(join(folder, 'counter'), 'utf8')).toBe('6');
  } finally {
    rmSync(compiled, { recursive: true, force: true });
  }
});

test('the unit test with a turned clock passes', async () => {
  const { status, output } = await run(process.execPath, [
    '--test',
    'examples/turned-clock/takeover.test.js',
  ]);
  expect(status, output).toBe(0);
});

test('the demonstration shows what it says', { timeout: 60_000 }, async () => {
  const { status, output } = await run(process.execPath, ['examples/demo/main.js']);
  expect(status, output).toBe(0);
  expect(output).toMatch(/overlaps +0/);
  expect(output).toMatch(/waiting, in order: \w+, \w+/);
  expect(output).toMatch(/\w+ shares it, \w+ shares it/);
});
