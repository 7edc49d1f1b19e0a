/**
 * Sees whether anything notices when the lock is made weaker: applies each mutant of list.mjs to a copy of the lock,
 * and sets the explorer and then the tests on it. Exits with 1 if one survives, or if a run of the tests shows nothing.
 *
 * `node scripts/mutants/run.mjs [--always] [part of a name …]`, where `--always` means those that every test run tries.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { builtScenarios, root, tsc, writeProject } from '../scenarios.mjs';
import { mutants } from './list.mjs';
import { killerIn } from './verdict.mjs';

const work = `${root}node_modules/.cache/holdfast-mutants-${process.pid}`;
const { values: given, positionals: only } = parseArgs({
  allowPositionals: true,
  options: { always: { type: 'boolean', default: false } },
});

/** What the explorer tries on a mutant, the cheapest first. */
const QUICK = ['inTurn', 'again', 'takeover', 'twoAttach'].map((name) => [
  name,
  { faults: 0, maxStates: 10_000 },
]);
/** And what it tries if no test minds either. */
const THOROUGH = [
  ['lateClaim', { faults: 0, maxStates: 20_000 }],
  ['attachOrPass', { faults: 0, maxStates: 20_000 }],
  ['removed', { faults: 0, maxStates: 20_000 }],
  ['inTurn', { maxStates: 30_000 }],
];

let lockScenarios;
let within;

function copy(at) {
  const folder = `${work}/${at}`;
  cpSync(`${root}packages/lock/src`, `${folder}/src`, { recursive: true });
  return folder;
}

/** The files of the lock that a mutant changes, as it has them. */
function weakened({ name, file: first, from: firstFrom, to: firstTo, also = [] }) {
  const changed = new Map();
  for (const { file, from, to } of [{ file: first, from: firstFrom, to: firstTo }, ...also]) {
    const source = changed.get(file) ?? readFileSync(`${root}packages/lock/src/${file}`, 'utf8');
    const found = source.split(from).length - 1;
    if (found !== 1)
      throw new Error(
        `"${name}": what it replaces stands ${found} times in ${file}, not once. Adapt list.mjs`,
      );
    changed.set(
      file,
      source.replace(from, () => to),
    );
  }
  return changed;
}

/** The mutant as source, in a folder of its own. */
function mutate(mutant, at) {
  const folder = copy(at);
  for (const [file, source] of weakened(mutant)) writeFileSync(`${folder}/src/${file}`, source);
  return folder;
}

function compile(folder, name) {
  writeProject(folder, `${folder}/src`);
  writeFileSync(`${folder}/package.json`, '{"type":"module"}');
  const project = [tsc, '-p', folder, '--pretty', 'false'];
  const { stdout } = spawnSync(process.execPath, project, { encoding: 'utf8' });
  // A mutant that no longer fits its types still runs, and is still to be killed. One that is no code at all shows nothing.
  const syntax = /^.*error TS1\d{3}:.*$/m.exec(stdout);
  if (syntax !== null) throw new Error(`"${name}" does not parse. Mend list.mjs: ${syntax[0]}`);
  if (!existsSync(`${folder}/dist/index.js`)) throw new Error(`"${name}" was not compiled: ${stdout}`);
}

async function killedByExplorer(folder, attacks) {
  const { Lock } = await import(pathToFileURL(`${folder}/dist/index.js`).href);
  const testkit = `${root}packages/testkit/dist/explore/index.js`;
  const { explore } = await import(pathToFileURL(testkit).href);
  for (const [name, options, ticks] of attacks) {
    const { violation, states } = await explore(within(lockScenarios(Lock)[name], { ticks }), {
      shrink: false,
      merge: 'moments',
      ...options,
    });
    if (violation !== undefined)
      return `the explorer, "${violation.scenario}": ${violation.violation?.kind}, ${violation.violation?.message} (${states} states)`;
  }
  return undefined;
}

/** @param files parts of the paths of the tests to run; none: all */
function killedByTests(folder, files = []) {
  const config = `${root}scripts/mutants/vitest.config.ts`;
  const vitest = `${root}node_modules/vitest/vitest.mjs`;
  const report = `${folder}/report.json`;
  rmSync(report, { force: true });
  const { status, signal, stderr } = spawnSync(
    process.execPath,
    [vitest, 'run', '--config', config, ...files],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, MUTANT: folder, REPORT: report },
      maxBuffer: 1e8,
    },
  );
  const told = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  return killerIn({ status, signal, stderr, report: told }, [`${folder}/`, `${root}packages/`]);
}

/** What is thrown as soon as anybody imports it; then no test can tell more. */
async function failureToLoad(folder) {
  try {
    await import(pathToFileURL(`${folder}/dist/index.js`).href);
    return undefined;
  } catch (error) {
    return `whoever imports it: ${String(error)}`;
  }
}

/** Tries first what is known to kill it, and then everything. */
async function killerOf({ killer, equivalent, options = { faults: 0 }, ticks }, folder) {
  const unloadable = await failureToLoad(folder);
  if (unloadable !== undefined) return unloadable;
  const isTest = killer?.endsWith('.test.ts');
  const known = isTest
    ? killedByTests(folder, [`/${killer}`])
    : await killedByExplorer(
        folder,
        killer === undefined ? QUICK : [[killer, { maxStates: 60_000, ...options }, ticks]],
      );
  if (known !== undefined) return known;
  if (equivalent !== undefined) return undefined;
  return (
    (isTest ? await killedByExplorer(folder, QUICK) : undefined) ??
    killedByTests(folder) ??
    (await killedByExplorer(folder, THOROUGH))
  );
}

function testKillers(chosen) {
  return [...new Set(chosen.flatMap(({ killer }) => (killer?.endsWith('.test.ts') ? [`/${killer}`] : [])))];
}

async function main() {
  ({ lockScenarios, within } = await builtScenarios());
  // All of them, also when only some are run: a change of the lock is to be noticed at once.
  for (const mutant of mutants) weakened(mutant);
  const chosen = mutants
    .filter(({ always }) => always === true || !given.always)
    .filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)));
  const survivors = [];
  mkdirSync(work, { recursive: true });
  try {
    const untouched = copy('untouched');
    compile(untouched, 'untouched');
    // Every test run has run all tests of the lock itself already.
    const killers = given.always ? testKillers(chosen) : [];
    const whole = (await failureToLoad(untouched)) ?? killedByTests(untouched, killers);
    if (whole !== undefined) throw new Error(`The lock is killed without being touched, by ${whole}`);
    for (const [at, mutant] of chosen.entries()) {
      const startedAt = performance.now();
      const folder = mutate(mutant, at);
      compile(folder, mutant.name);
      const killer = await killerOf(mutant, folder).catch((error) => {
        throw new Error(`"${mutant.name}": nothing can be said of it`, { cause: error });
      });
      const took = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
      if (killer === undefined && mutant.equivalent === undefined) survivors.push(mutant.name);
      const fate = killer ?? (mutant.equivalent === undefined ? 'SURVIVES' : `nobody: ${mutant.equivalent}`);
      console.log(
        `${mutant.name} (${took})\n    killed by ${fate}`.replace('killed by SURVIVES', 'SURVIVES'),
      );
      rmSync(folder, { recursive: true, force: true });
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  console.log(`\n${chosen.length - survivors.length} of ${chosen.length} mutants are accounted for.`);
  for (const name of survivors) console.log(`SURVIVES: ${name}`);
  if (survivors.length > 0) process.exitCode = 1;
}

await main();
