import { main } from './program.js';

/** How long to wait, at the end, for what is still under way: a claim to be given back, say. In milliseconds. */
const PATIENCE_MS = 2_000;

// Whoever read the output may leave before its end (`| head`); that is no failure of ours.
process.stdout.on('error', () => process.exit());
process.stderr.on('error', () => undefined);

process.exitCode = await main(process.argv.slice(2));
setTimeout(() => process.exit(), PATIENCE_MS).unref();
