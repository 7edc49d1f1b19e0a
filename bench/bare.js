// Prints what the calls of one turn of a lock cost, in microseconds: made bare with node:fs, through the local VFS,
// and through the memory VFS. `node bench/bare.js FOLDER`; the folder decides the filesystem.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { localVFS } from '@holdfast/local';
import { memoryVFS } from '@holdfast/memory';

const ROUNDS = 3000;
const WARM_UP = 500;
/** As often as the lock tidies up. */
const SWEEP_EVERY = 8;

const parent = process.argv[2];
if (parent === undefined) {
  console.error('Usage: node bench/bare.js FOLDER');
  process.exit(64);
}
const folder = fs.mkdtempSync(join(parent, 'holdfast-bare-'));
const record = new TextEncoder().encode(
  JSON.stringify({ host: 'example', pid: 4321, note: 'x'.repeat(120) }),
);
const name = (number) => String(number).padStart(16, '0');

/** The calls of one cycle, and a few others, each as a function of the number of the round. */
function bare(root) {
  const { O_WRONLY, O_CREAT, O_EXCL, O_RDWR } = fs.constants;
  return {
    claim: (n) => {
      const fd = fs.openSync(`${root}/${name(n)}`, O_WRONLY | O_CREAT | O_EXCL, 0o666);
      fs.writeSync(fd, record);
      fs.closeSync(fd);
    },
    list: () => fs.readdirSync(root, { withFileTypes: true }),
    free: (n) => fs.linkSync(`${root}/${name(n)}`, `${root}/${name(n)}.free`),
    remove: (path) => fs.unlinkSync(`${root}/${path}`),
    beat: () => {
      const fd = fs.openSync(`${root}/beat`, O_RDWR | O_CREAT, 0o666);
      const { size } = fs.fstatSync(fd);
      fs.writeSync(fd, record, 0, record.length, 0);
      if (size > record.length) fs.ftruncateSync(fd, record.length);
      fs.closeSync(fd);
    },
    read: () => fs.readFileSync(`${root}/beat`),
    stat: () => fs.lstatSync(`${root}/beat`),
  };
}

function through(vfs, root) {
  return {
    claim: (n) => vfs.writeFile(`${root}/${name(n)}`, record, { exclusive: true }),
    list: () => vfs.ls(root),
    free: (n) => vfs.link(`${root}/${name(n)}`, `${root}/${name(n)}.free`),
    remove: (path) => vfs.rm(`${root}/${path}`),
    beat: () => vfs.writeFile(`${root}/beat`, record),
    read: () => vfs.readFile(`${root}/beat`),
    stat: () => vfs.stat(`${root}/beat`),
  };
}

/** Microseconds of each call, and of whole cycles, as lists. */
function newTimes() {
  return { claim: [], list: [], free: [], remove: [], cycle: [], beat: [], read: [], stat: [] };
}

async function measure(calls, isAsync) {
  const times = newTimes();
  let kept = {};
  const timed = async (what, call) => {
    const start = performance.now();
    const answer = call();
    if (isAsync) await answer;
    kept[what].push((performance.now() - start) * 1000);
  };
  // A cycle is not awaited where it need not be, so that the bare calls pay for no promise.
  const cycle = async (n) => {
    const start = performance.now();
    if (isAsync) {
      await calls.claim(n);
      await calls.list();
      await calls.free(n);
    } else {
      calls.claim(n);
      calls.list();
      calls.free(n);
    }
    if (n % SWEEP_EVERY === SWEEP_EVERY - 1) {
      for (let over = n - SWEEP_EVERY + 1; over <= n; over++) {
        for (const path of [name(over), `${name(over)}.free`]) {
          if (isAsync) await calls.remove(path);
          else calls.remove(path);
        }
      }
    }
    kept.cycle.push((performance.now() - start) * 1000);
  };
  for (let n = 0; n < WARM_UP + ROUNDS; n++) {
    kept = n < WARM_UP ? newTimes() : times;
    // Every eighth cycle removes what the others left: the mean of eight says what one costs.
    await cycle(n);
  }
  for (let n = 10_000; n < 10_000 + ROUNDS; n++) {
    kept = times;
    await timed('claim', () => calls.claim(n));
    await timed('list', () => calls.list());
    await timed('free', () => calls.free(n));
    await timed('remove', () => calls.remove(`${name(n)}.free`));
    await calls.remove(name(n));
    await timed('beat', () => calls.beat());
    await timed('read', () => calls.read());
    await timed('stat', () => calls.stat());
    // As in a program that does something else in between.
    if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return times;
}

const sorted = (list) => [...list].sort((a, b) => a - b);
const median = (list) => sorted(list)[list.length >> 1] ?? Number.NaN;
/** The median over groups of eight cycles, since one of them removes for all. */
function cycleOf(list) {
  const groups = [];
  for (let at = 0; at + SWEEP_EVERY <= list.length; at += SWEEP_EVERY) {
    groups.push(list.slice(at, at + SWEEP_EVERY).reduce((sum, one) => sum + one, 0) / SWEEP_EVERY);
  }
  return median(groups);
}

try {
  fs.mkdirSync(join(folder, 'bare'));
  fs.mkdirSync(join(folder, 'vfs', 'ledger'), { recursive: true });
  const local = localVFS(join(folder, 'vfs'));
  const memory = memoryVFS();
  await memory.mkdir('/ledger');
  const columns = {
    bare: await measure(bare(join(folder, 'bare')), false),
    local: await measure(through(local, '/ledger'), true),
    memory: await measure(through(memory, '/ledger'), true),
  };
  const rows = Object.keys(newTimes()).map((what) => {
    const of = what === 'cycle' ? cycleOf : median;
    const [plain, onDisk, inMemory] = [
      of(columns.bare[what]),
      of(columns.local[what]),
      of(columns.memory[what]),
    ];
    return {
      call: what,
      'node:fs': Number(plain.toFixed(1)),
      local: Number(onDisk.toFixed(1)),
      'local / node:fs': Number((onDisk / plain).toFixed(2)),
      memory: Number(inMemory.toFixed(1)),
    };
  });
  console.log(`Microseconds, medians of ${ROUNDS}, in ${parent}, Node ${process.version}`);
  console.table(rows);
  await local.close();
} finally {
  fs.rmSync(folder, { recursive: true });
}
