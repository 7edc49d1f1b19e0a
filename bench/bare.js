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

/** What is measured: its calls, whether they have to be awaited, and their times. */
function subject(calls, isAsync) {
  return { calls, isAsync, times: newTimes() };
}

async function cycle({ calls, isAsync, times }, n, counts) {
  const over = n % SWEEP_EVERY === SWEEP_EVERY - 1 ? n - SWEEP_EVERY + 1 : n + 1;
  const start = performance.now();
  if (isAsync) {
    await calls.claim(n);
    await calls.list();
    await calls.free(n);
    for (let at = over; at <= n; at++) {
      await calls.remove(name(at));
      await calls.remove(`${name(at)}.free`);
    }
  } else {
    // Not awaited, so that the bare calls pay for no promise.
    calls.claim(n);
    calls.list();
    calls.free(n);
    for (let at = over; at <= n; at++) {
      calls.remove(name(at));
      calls.remove(`${name(at)}.free`);
    }
  }
  if (counts) times.cycle.push((performance.now() - start) * 1000);
}

async function single({ calls, isAsync, times }, n, counts) {
  const timed = async (what, call) => {
    const start = performance.now();
    const answer = call();
    if (isAsync) await answer;
    if (counts) times[what].push((performance.now() - start) * 1000);
  };
  await timed('claim', () => calls.claim(n));
  await timed('list', () => calls.list());
  await timed('free', () => calls.free(n));
  await timed('remove', () => calls.remove(`${name(n)}.free`));
  await calls.remove(name(n));
  await timed('beat', () => calls.beat());
  await timed('read', () => calls.read());
  await timed('stat', () => calls.stat());
}

/** One after the other in small portions, so that what else the machine does hits all alike. */
async function measure(subjects) {
  for (let n = 0; n < WARM_UP + ROUNDS; n += SWEEP_EVERY) {
    for (const each of subjects) {
      for (let at = n; at < n + SWEEP_EVERY; at++) await cycle(each, at, n >= WARM_UP);
    }
  }
  for (let n = 0; n < WARM_UP + ROUNDS; n += SWEEP_EVERY) {
    for (const each of subjects) {
      for (let at = n; at < n + SWEEP_EVERY; at++) await single(each, 100_000 + at, n >= WARM_UP);
    }
    // As in a program that does something else in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
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
  const subjects = {
    bare: subject(bare(join(folder, 'bare')), false),
    local: subject(through(local, '/ledger'), true),
    memory: subject(through(memory, '/ledger'), true),
  };
  await measure(Object.values(subjects));
  const rows = Object.keys(newTimes()).map((what) => {
    const of = what === 'cycle' ? cycleOf : median;
    const [plain, onDisk, inMemory] = Object.values(subjects).map(({ times }) => of(times[what]));
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
