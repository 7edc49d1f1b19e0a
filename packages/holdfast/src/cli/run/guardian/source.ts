import { guard, type GuardSettings } from './guard.js';
import { membersOf } from './members.js';
import { listProcesses, parsePs, parseStat } from './processes.js';

/** Where processes are listed, on the systems that have a guardian. */
const SOURCES = { proc: '/proc', ps: ['/bin/ps', '/usr/bin/ps'] } as const;

/**
 * The program of a guardian, for `node -e`.
 *
 * It is made of the functions' own text and not read from a file: there may be none, in a bundle or where packages stay
 * in archives, and no other program is needed to run it. Each function is passed by what it is called here, whatever a
 * bundler made of its name; `__name` is what some bundlers wrap functions in.
 */
export function guardianSource(settings: Pick<GuardSettings, 'mark'> & Partial<GuardSettings>): string {
  const parts = [
    'process',
    "fs: require('node:fs')",
    "childProcess: require('node:child_process')",
    `parsers: { stat: ${parseStat.toString()}, ps: ${parsePs.toString()} }`,
    `listProcesses: ${listProcesses.toString()}`,
    `membersOf: ${membersOf.toString()}`,
  ];
  const given = JSON.stringify({ ...SOURCES, ...settings });
  return `const __name = (named) => named;\n(${guard.toString()})({ ${parts.join(',\n')} }, ${given});`;
}
