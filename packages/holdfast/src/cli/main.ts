import { printable } from '@holdfast/vfs';
import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { ExitStatus } from './exit-status.js';
import { main } from './program.js';

/** How long to wait, at the end, for what is still under way: a claim to be given back, say. In milliseconds. */
const PATIENCE_MS = 2_000;

// Whoever read the output may leave before its end (`| head`); that is no failure of ours.
process.stdout.on('error', () => process.exit());
process.stderr.on('error', () => undefined);

// What nobody caught is a defect. Its text may come from a server, and its stack from anywhere.
process.on('uncaughtException', (error) => {
  process.stderr.write(
    `holdfast: this is a defect of Holdfast, please report it: ${printable(String(error))}\n`,
  );
  process.exit(ExitStatus.defect);
});

// Where a terminal is gone, Node cannot set it back to what it was, and aborts; so it must not find it.
const terminals = [0, 1, 2].filter((fd) => isatty(fd));
process.on('exit', () => {
  for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
});

process.exitCode = await main(process.argv.slice(2));
setTimeout(() => process.exit(), PATIENCE_MS).unref();
