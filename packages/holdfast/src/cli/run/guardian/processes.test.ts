import * as childProcess from 'node:child_process';
import * as fs from 'node:fs';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listProcesses, parsePs, parseStat } from './processes.js';

const OWN = 4711;

/** As proc(5) has it: pid, name, state, parent, group, session, …, and in the 22nd place the start. */
const stat = (
  pid: number,
  name: string,
  state: string,
  parent: number,
  group: number,
  start: number,
): string =>
  `${pid} (${name}) ${state} ${parent} ${group} 1 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 ${start} 99 100\n`;

it.each(['sh', ') Z 1 1', 'a (b)\nc'])('reads what counts of a process with the name %j', (name) => {
  expect(parseStat(stat(7, name, 'S', 5, 6, 123))).toStrictEqual({
    pid: 7,
    parent: 5,
    group: 6,
    alive: true,
    start: '123',
  });
  expect(parseStat(stat(7, name, 'Z', 5, 6, 123)).alive).toBe(false);
});

it('reads a line of ps, and nothing that is none', () => {
  expect(parsePs('  7     5     6 Ss   Sat Nov 28 03:10:00 2026 ')).toStrictEqual({
    pid: 7,
    parent: 5,
    group: 6,
    alive: true,
    start: 'Sat Nov 28 03:10:00 2026',
  });
  expect(parsePs('7 5 6 Z+ Sat Nov 28 03:10:00 2026')).toMatchObject({ alive: false });
  expect(parsePs('usage: ps [-AaCcEefhjlMmrSTvwXx]')).toBeUndefined();
  expect(parsePs('')).toBeUndefined();
});

describe('the list of processes', () => {
  let proc = '';
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'holdfast-proc-'));
  });
  afterEach(() => rmSync(proc, { recursive: true }));

  const put = (pid: number, text: string): void => {
    mkdirSync(join(proc, String(pid)));
    writeFileSync(join(proc, String(pid), 'stat'), text);
  };
  const ps = (name: string, script: string): string => {
    writeFileSync(join(proc, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return join(proc, name);
  };
  const list = (...programs: string[]): number[] | undefined => {
    const table = listProcesses(
      { pid: OWN, fs, childProcess },
      { stat: parseStat, ps: parsePs },
      { proc, ps: programs },
    );
    return table && [...table.keys()].sort((a, b) => a - b);
  };

  it('has what lives, and not what has ended or ends meanwhile', () => {
    symlinkSync(String(OWN), join(proc, 'self'));
    put(OWN, stat(OWN, 'node', 'R', 1, 1, 5));
    put(7, stat(7, 'sh', 'S', 1, 7, 6));
    put(8, stat(8, 'sh', 'Z', 1, 7, 6));
    mkdirSync(join(proc, '9'));
    mkdirSync(join(proc, 'sys'));
    expect(list()).toStrictEqual([7, OWN]);
  });

  it('is unknown where it is that of another pid namespace, of which ps would tell the same', () => {
    symlinkSync('7', join(proc, 'self'));
    put(OWN, stat(OWN, 'node', 'R', 1, 1, 5));
    expect(list(ps('good', `echo "${OWN} 1 1 R Sat Nov 28 03:10:00 2026"`))).toBeUndefined();
  });

  it.each([
    ['there is no /proc', () => undefined],
    ['it shows nothing', () => symlinkSync(String(OWN), join(proc, 'self'))],
    [
      'it cannot be read',
      () => {
        symlinkSync(String(OWN), join(proc, 'self'));
        put(OWN, stat(OWN, 'node', 'R', 1, 1, 5));
        mkdirSync(join(proc, '7', 'stat'), { recursive: true });
      },
    ],
  ])('is unknown, and not empty, where %s and no ps works', (_, prepare) => {
    prepare();
    const strange = ps('strange', 'echo "usage: ps" >&2; exit 1');
    const empty = ps('empty', ':');
    expect(list()).toBeUndefined();
    expect(list(join(proc, 'missing'), strange, empty)).toBeUndefined();
    const good = ps(
      'good',
      `echo " ${OWN} 1 1 R Sat Nov 28 03:10:00 2026"; echo "7 1 7 S Sat Nov 28 03:10:00 2026"`,
    );
    expect(list(join(proc, 'missing'), strange, empty, good)).toStrictEqual([7, OWN]);
  });
});
