import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Bench, MAIN, quoted } from './holdfast.js';

// util-linux's `script` gives a command a terminal of its own. Debian has it on every machine; BSD's takes other options.
const SCRIPT = spawnSync('script', ['--version'], { encoding: 'utf8' });
const possible = SCRIPT.error === undefined && SCRIPT.stdout.includes('util-linux');
if (!possible && process.env['CI'] === 'true') throw new Error("util-linux's script is missing");
if (!possible)
  console.warn("Not tested: the command line on a terminal, for which util-linux's script is needed");

const CTRL_C = '\u0003';

describe.runIf(possible)('on a terminal', () => {
  const bench = new Bench();

  test('who is waited for shows on one line that is written over, and goes', async () => {
    const { run, guardian } = await bench.hold('read -r _', ['--label', 'nightly\u001B[2J']);
    const waiting = bench.startOnTerminal(['run', '--', 'echo', 'ran']);
    await waiting.prints('Waiting 1s');
    expect(waiting.stdout).toContain(`pid ${guardian}`);
    expect(waiting.stdout).not.toContain('\u001B[2J');
    run.type('\n');
    const { status, stdout } = await waiting.ended;
    expect(status).toBe(0);
    const [, after = ''] = stdout.split(/obtained lock "default", token \d+, after \d+s\r\n/);
    expect(after).toBe('ran\r\n');
  });

  test('Ctrl-C ends the waiting', async () => {
    await bench.hold('read -r _');
    const waiting = bench.startOnTerminal(['run', '--', 'echo', 'ran']);
    await waiting.prints('Waiting');
    waiting.type(CTRL_C);
    expect(await waiting.ended).toMatchObject({ status: 130 });
    expect(waiting.stdout).not.toContain('ran');
  });

  test('the command has the terminal, and gets Ctrl-C once', async () => {
    const script = `test -t 0 && echo terminal; trap 'echo got' INT; echo set; read -r _; sleep 0.2; exit 3`;
    const run = bench.startOnTerminal(['run', '--', 'sh', '-c', script]);
    await run.prints('set');
    run.type(CTRL_C);
    await run.prints('got');
    run.type('\n');
    const { status, stdout } = await run.ended;
    expect(status).toBe(3);
    expect(stdout).toContain('terminal');
    expect(stdout.split('got')).toHaveLength(2);
    expect(await bench.inspect('default')).toMatchObject({ state: 'free' });
  });

  test('a killed holdfast does not leave its command there', async () => {
    const script = `trap '' TERM HUP; echo $PPID > "$FOLDER/holdfast";
      while :; do echo first >> "$FOLDER/log"; sleep 0.02; done`;
    const run = bench.startOnTerminal(['run', '--stale-after', '3s', '--', 'sh', '-c', script]);
    await bench.written('log', 'first');
    const next = bench.start(['run', '--', 'sh', '-c', 'echo second >> "$FOLDER/log"; sleep 0.3']);
    await next.prints('waiting');
    process.kill(Number(bench.read('holdfast')), 'SIGKILL');
    expect(await next.ended).toMatchObject({ status: 0 });
    const lines = bench.read('log').trimEnd().split('\n');
    expect(lines.indexOf('second')).toBe(lines.length - 1);
    await run.ended;
  });

  test('a command goes on if it heeds no hang-up when the terminal goes, and its status is that of the run', async () => {
    const command = `trap '' HUP; echo started > "$FOLDER/log"; while [ ! -e "$FOLDER/go" ]; do sleep 0.05; done; exit 3`;
    const run = quoted([process.execPath, MAIN, 'run', '--', 'sh', '-c', command]);
    const terminal = bench.startShellOnTerminal(`trap '' HUP; ${run}; echo "status $?" > "$FOLDER/status"`);
    await bench.written('log', 'started');
    terminal.kill('SIGKILL');
    await terminal.ended;
    writeFileSync(join(bench.folder, 'go'), '');
    await bench.written('status', '\n');
    expect(bench.read('status')).toBe('status 3\n');
    expect(await bench.inspect('default')).toMatchObject({ state: 'free' });
  });

  test('break asks, and takes nothing but a yes for one', async () => {
    const { run, token } = await bench.hold('while :; do sleep 0.05; done', ['--stale-after', '3s']);
    const args = ['break', '--id', 'default', '--token', String(token)];
    for (const answer of ['\n', 'no\n', CTRL_C]) {
      const asked = bench.startOnTerminal(args);
      await asked.prints('[y/N]');
      asked.type(answer);
      expect(await asked.ended).toMatchObject({ status: 1 });
      expect(await bench.inspect('default')).toMatchObject({ state: 'held', holders: [{ token }] });
    }
    const asked = bench.startOnTerminal(args);
    await asked.prints('[y/N]');
    asked.type('y\n');
    expect(await asked.ended).toMatchObject({ status: 0 });
    expect(await run.ended).toMatchObject({ status: 76 });
  });

  test('status --watch goes on until Ctrl-C', async () => {
    const watch = bench.startOnTerminal(['status', '--watch']);
    await watch.prints('No locks');
    await bench.run(['run', '--id', 'new', '--', 'true']);
    await watch.prints('new');
    watch.type(CTRL_C);
    expect(await watch.ended).toMatchObject({ status: 0 });
  });
});
