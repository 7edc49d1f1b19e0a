// One contender of the demonstration: takes the lock, changes a guarded file, gives the lock back, and writes down
// every step in a file of its own before it says anything to anybody.
import { openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Lock, openVFS } from 'holdfast';
import { HistoryRecorder, hostTime } from '@holdfast/testkit/history';
import { READING_MS, STALE_AFTER_MS } from './plan.js';

const [, , folder = '', name = ''] = process.argv;
const history = openSync(join(folder, `${name}.history`), 'a');
const notes = openSync(join(folder, `${name}.notes`), 'a');
const record = new HistoryRecorder({
  process: name,
  lock: 'demo',
  write: (line) => writeSync(history, line),
});
const counter = join(folder, 'counter');

const orders = { end: false, hold: false, read: false };
process.on('message', (order) => {
  orders[order] = true;
});
process.on('disconnect', () => process.exit());
process.on('SIGINT', () => undefined); // Ctrl-C is for the parent, which then ends all of us.

const vfs = await openVFS(pathToFileURL(join(folder, 'locks')));
const lock = new Lock(vfs, { id: 'demo', staleAfterMs: STALE_AFTER_MS, label: name });
say({ type: 'ready' });

while (!orders.end) {
  say({ type: 'waiting' });
  if (orders.read) {
    orders.read = !(await readTogether());
    continue;
  }
  record.acquire();
  const lease = await lock.acquire();
  record.acquired(lease);
  say({ type: 'acquired', token: lease.token });
  // The earliest word of a loss counts: the signal, or a look at `held` between two steps of work.
  let lost = false;
  const learn = (how) => {
    if (lost) return;
    lost = true;
    record.lost(lease);
    note({ type: 'lost', at: hostTime(), token: lease.token, how, reason: lease.signal.reason.reason });
  };
  lease.signal.addEventListener('abort', () => learn('lease.signal aborted'), { once: true });

  await work(lease);
  if (orders.hold && lease.held) {
    say({ type: 'holding', token: lease.token });
    while (lease.held && !orders.end) {
      record.held(lease);
      await sleep(20);
    }
    orders.hold = false;
  }
  if (!lease.held) learn('lease.held was false');
  else record.release(lease);
  await lease.release();
  if (!lost) {
    record.released(lease);
    say({ type: 'released', token: lease.token });
  }
  await sleep(Math.random() * 40);
}
await vfs.close();
process.disconnect();

/** Adds one to a number in a file, in the way that loses updates if two do it at the same time. */
async function work(lease) {
  const before = Number(readFileSync(counter, 'utf8'));
  await sleep(10 + Math.random() * 30);
  if (!lease.held) return;
  writeFileSync(counter, String(before + 1));
  record.update(lease, before, before + 1);
}

/** Reads that number, beside others who only read it. @returns whether it held the lock throughout */
async function readTogether() {
  const lease = await lock.acquire({ mode: 'shared' });
  const from = hostTime();
  say({ type: 'acquired', token: lease.token });
  const before = readFileSync(counter, 'utf8');
  await sleep(READING_MS);
  const after = readFileSync(counter, 'utf8');
  const read = lease.held;
  if (read) note({ type: 'read', token: lease.token, from, until: hostTime(), before, after });
  await lease.release();
  say({ type: 'released', token: lease.token });
  return read;
}

/** Writes down for the summary what the history has no word for, and says it. */
function note(message) {
  writeSync(notes, `${JSON.stringify(message)}\n`);
  say(message);
}

function say(message) {
  if (process.connected) process.send({ name, ...message }, () => undefined);
}
