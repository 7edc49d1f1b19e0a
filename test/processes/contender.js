// Takes a lock again and again, changes a plain file under it, and writes down what happens. Ends when its input does,
// or after a number of turns.
import { openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { Lock, localVFS } from 'holdfast';
import { HistoryRecorder } from '@holdfast/testkit/history';
import { slowed } from './slowed.js';

const {
  folder,
  name,
  turns = Infinity,
  counts,
  holdMs,
  callMs,
  staleAfterMs,
} = JSON.parse(process.argv[2] ?? '{}');
const log = openSync(join(folder, `${name}.history`), 'a');
const record = new HistoryRecorder({ process: name, lock: 'torture', write: (line) => writeSync(log, line) });
const counter = join(folder, 'counter');
const local = localVFS(join(folder, 'locks'));
const slow = callMs === undefined ? undefined : slowed(local, callMs);
const vfs = slow?.vfs ?? local;
const calls = slow && openSync(join(folder, `${name}.calls`), 'a');
const lock = new Lock(vfs, { id: 'torture', staleAfterMs, label: name });

let ending = false;
process.stdin.on('end', () => {
  ending = true;
});
process.stdin.resume();
process.stdout.write('ready\n');

for (let turn = 0; turn < turns && !ended(); turn++) {
  slow?.start();
  record.acquire();
  const lease = await lock.acquire();
  record.acquired(lease);
  if (slow) writeSync(calls, `${slow.callsToNumber}\n`);
  if (counts && record.held(lease)) {
    const since = record.now();
    const before = Number(readFileSync(counter, 'utf8'));
    await setImmediate();
    // In one step: whoever is killed in the middle of a plain write leaves an empty file.
    writeFileSync(`${counter}.${name}`, String(before + 1));
    renameSync(`${counter}.${name}`, counter);
    record.update(lease, before, before + 1, since);
  }
  if (holdMs !== undefined) await sleep(holdMs);
  // A few proofs in a row, for a stop to come between them.
  for (let proofs = counts || holdMs !== undefined ? 0 : 3; proofs > 0 && record.held(lease); proofs--)
    await sleep(5);
  if (record.release(lease)) {
    await lease.release();
    record.released(lease);
  } else {
    await lease.release();
  }
}
process.stdin.destroy();
await vfs.close();

function ended() {
  return ending;
}
