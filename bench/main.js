// `npm run bench`: Holdfast beside other locks, in one run on one machine. Medians and ratios; nothing here passes or
// fails.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeMachine, printMachine } from './measure/machine.js';
import { within } from './measure/folders.js';
import { PARTS } from './parts/index.js';
import { printTable } from './table.js';

const USAGE = `npm run bench -- [--quick] [--folder FOLDER] [--json FILE] [PART …]

  --quick           about a minute, with figures that are less certain
  --folder FOLDER   where to put the locks; default: the folder for temporary files
  --json FILE       writes the figures to FILE, too; times are in microseconds, memory in bytes

Parts:
${PARTS.map(({ name, about }) => `  ${name.padEnd(17)} ${about}`).join('\n')}
`;

const options = {
  quick: { type: 'boolean', default: false },
  folder: { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
};

function parse() {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name));
    if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(', ')}.`);
    return {
      ...values,
      chosen: PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    };
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

const { quick, folder, json, help, chosen } = parse();
if (help) {
  console.log(USAGE);
} else {
  const machine = describeMachine();
  printMachine(machine);
  const report = { startedAt: new Date().toISOString(), quick, machine, parts: [] };
  for (const part of chosen) {
    const tables = await part.run({ folder, quick, within });
    for (const table of tables) printTable(table);
    report.parts.push({ name: part.name, tables });
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
}
