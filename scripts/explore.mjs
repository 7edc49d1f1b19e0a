/**
 * Explores the lock for as long as it takes: every order of calls, timers and faults of the scenarios in
 * packages/lock/test/explore. Exits with 1 at the first violation, after its diagram.
 *
 * node scripts/explore.mjs [scenario …] [--faults N [--merge none|replies|moments]] [--seed N [--runs N]] [--minutes N]
 * node scripts/explore.mjs scenario --replay 'A1 B1 …' [--svg FILE | --mermaid]
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { builtScenarios, root } from './scenarios.mjs';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    faults: { type: 'string' },
    seed: { type: 'string' },
    runs: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '60' },
    merge: { type: 'string', default: 'moments' },
    replay: { type: 'string' },
    svg: { type: 'string' },
    mermaid: { type: 'boolean', default: false },
  },
});

const { lockScenarios, LONG_CAMPAIGN, tolerant, within } = await builtScenarios();
const built = (path) => import(pathToFileURL(`${root}packages/${path}`).href);
const { Lock } = await built('lock/dist/index.js');
const { describeExploration, diagram, explore, exploreAtRandom, replay } = await built(
  'testkit/dist/explore/index.js',
);

const scenarios = lockScenarios(Lock);
for (const name of positionals) {
  if (!(name in scenarios)) {
    console.error(`There is no scenario "${name}", only ${Object.keys(scenarios).join(', ')}`);
    process.exit(2);
  }
}
const chosen = positionals.length > 0 ? positionals : Object.keys(scenarios);

/** @returns whether to go on */
function report(explored, how) {
  console.log(`${describeExploration(explored)} (${how})`);
  if (explored.violation === undefined) return true;
  show(explored.violation);
  process.exitCode = 1;
  return false;
}

function show(run) {
  console.log(`\n${diagram(run)}`);
  if (given.mermaid) console.log(`\n${diagram(run, { format: 'mermaid' })}`);
  if (given.svg !== undefined) writeFileSync(given.svg, diagram(run, { format: 'svg' }));
}

async function main() {
  if (given.replay !== undefined) return show(await replay(scenarios[chosen[0]], given.replay));
  if (given.seed !== undefined) {
    for (const name of chosen) {
      const options = {
        seed: Number(given.seed),
        runs: Number(given.runs),
        faults: Number(given.faults ?? 3),
      };
      const explored = await exploreAtRandom(tolerant(scenarios[name]), options);
      if (!report(explored, `at random, seed ${given.seed}`)) return;
    }
    return;
  }
  const budgetMs = Number(given.minutes) * 60_000;
  const campaign =
    given.faults === undefined
      ? LONG_CAMPAIGN.filter(({ scenario }) => chosen.includes(scenario))
      : chosen.map((scenario) => ({
          scenario,
          options: { faults: Number(given.faults), merge: given.merge },
        }));
  for (const sortie of campaign) {
    const { scenario, options } = sortie;
    const explored = await explore(within(scenarios[scenario], sortie), { budgetMs, ...options });
    const { faults, faultKinds = ['any'] } = options;
    const how = `${faults} faults, ${faultKinds.join(', ')}`;
    if (!report(explored, how)) return;
  }
}

await main();
