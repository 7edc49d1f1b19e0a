// `npm run bench`: Holdfast beside other locks, in one run on one machine. Medians, and how often each fits into what
// proper-lockfile takes.
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureCycles } from './cycles.js';
import { measureHandOver } from './hand-over.js';

const YARDSTICK = 'proper-lockfile';
const TMPFS = 0x01021994;

console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}`);
const folders = [process.env.HOLDFAST_BENCH_DIR ?? tmpdir(), '/dev/shm'];
for (const [at, folder] of folders.entries()) {
  await within(folder, async (own) => {
    const isTmpfs = statfsSync(own).type === TMPFS;
    if (at > 0 && !isTmpfs) return;
    const where = `${own} (${isTmpfs ? 'tmpfs' : 'disk'})`;
    print(`lock + unlock, nobody else wants it, in ${where}`, await measureCycles(own));
    if (at === 0) print(`hand-over between two processes, in ${where}`, await measureHandOver(own));
  });
}

async function within(folder, measure) {
  let own;
  try {
    own = mkdtempSync(join(folder, 'holdfast-bench-'));
  } catch {
    return; // This machine has no such folder.
  }
  try {
    await measure(own);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

function print(title, medians) {
  console.log(`\n${title}`);
  for (const [name, median] of Object.entries(medians)) {
    const ratio = medians[YARDSTICK] / median;
    const time = median < 10_000 ? `${median.toFixed(0)} µs` : `${(median / 1_000).toFixed(1)} ms`;
    console.log(
      `  ${name.padEnd(16)} ${time.padStart(10)}   ${ratio.toFixed(2).padStart(6)} × as fast as ${YARDSTICK}`,
    );
  }
}
