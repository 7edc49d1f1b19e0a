// `npm start`: five processes contend for one lock on a local folder, first come, first served. One is killed while it
// holds the lock, one is stopped past its lease and continued; then those that are left read together, under shared
// leases. At the end, what they wrote down is held against what a lock promises.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hostTime } from '@holdfast/testkit/history';
import { Display } from './display.js';
import {
  END_AT_MS,
  KILL_AT_MS,
  NAMES,
  PATIENCE_MS,
  SHARE_AT_MS,
  STALE_AFTER_MS,
  STOP_AT_MS,
  STOPPED_ON_MS,
} from './plan.js';
import { QueueWatch } from './queue.js';
import { summarise } from './summary.js';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-demo-'));
const workers = new Map();
mkdirSync(join(folder, 'locks'));
const queue = await QueueWatch.open(join(folder, 'locks'));
const display = new Display(workers, queue);
const listeners = new Set();

// Whatever happens, no process and no file is left behind.
process.on('exit', () => {
  for (const { child } of workers.values()) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.on(signal, () => {
    display.end();
    console.log('Interrupted.');
    process.exit(status);
  });
}

try {
  const ok = await demonstrate();
  process.exit(ok ? 0 : 1);
} catch (error) {
  display.end();
  console.error(`The demonstration has failed: ${error.message}`);
  process.exit(1);
}

async function demonstrate() {
  writeFileSync(join(folder, 'counter'), '0');
  display.tell(
    `${NAMES.length} processes contend for one lock in ${folder}; a lease lasts ${STALE_AFTER_MS} ms`,
  );
  for (const name of NAMES) start(name);
  await Promise.all(NAMES.map((name) => said(name, 'ready')));
  display.start();
  const startedAt = performance.now();
  const until = (at) => sleep(Math.max(0, startedAt + at - performance.now()));

  await until(KILL_AT_MS);
  const killed = await strike('bravo', 'SIGKILL');
  workers.get('bravo').state = 'killed';
  display.tell(`SIGKILL to bravo, which holds token ${killed.token}`, 'red');
  const heir = await takenOver(killed);
  display.tell(`${heir.name} has the lock, token ${heir.token}`, 'green');

  let stopped;
  if (process.platform !== 'win32') {
    await until(STOP_AT_MS);
    stopped = await strike('charlie', 'SIGSTOP');
    workers.get('charlie').state = 'stopped';
    display.tell(`SIGSTOP to charlie, which holds token ${stopped.token}`, 'yellow');
    const next = await takenOver(stopped);
    display.tell(`${next.name} has the lock, token ${next.token}`, 'green');
    await sleep(STOPPED_ON_MS);
    const lost = said('charlie', 'lost');
    stopped.continuedAt = hostTime();
    workers.get('charlie').child.kill('SIGCONT');
    display.tell('SIGCONT to charlie, which still believes that it holds the lock', 'yellow');
    display.tell(`charlie has noticed: ${(await lost).how}`, 'green');
  }

  await until(SHARE_AT_MS);
  const readers = [...workers.keys()].filter((name) => workers.get(name).state !== 'killed');
  const read = readers.map((name) => said(name, 'read'));
  for (const name of readers) workers.get(name).child.send('read');
  display.tell(`${readers.join(', ')} are to read under shared leases`, 'cyan');
  await Promise.all(read);
  display.tell('all of them have read', 'green');

  await until(END_AT_MS);
  await end();
  display.end();
  await queue.close();
  const summary = summarise(folder, { killed, stopped });
  display.summary(summary);
  return summary.ok;
}

function start(name) {
  const child = fork(fileURLToPath(new URL('worker.js', import.meta.url)), [folder, name]);
  const worker = { child, pid: child.pid, state: 'starts', count: 0 };
  workers.set(name, worker);
  child.on('message', (message) => {
    if (worker.state !== 'killed') follow(worker, message);
    for (const listener of listeners) listener(message);
  });
  child.on('exit', (status) => {
    if (worker.state === 'killed') return;
    worker.state = 'ended';
    if (status !== 0) listeners.forEach((listener) => listener({ name, type: 'failed', status }));
  });
}

function follow(worker, { type }) {
  if (type === 'acquired') worker.count += 1;
  // One that was stopped goes on when it says anything.
  if (type !== 'read') worker.state = 'works';
}

/** The next message for which `matches`. */
function heard(matches, what) {
  return new Promise((resolve, reject) => {
    const settle = (action, value) => {
      clearTimeout(timer);
      listeners.delete(listener);
      action(value);
    };
    const listener = (message) => {
      if (message.type === 'failed')
        settle(reject, new Error(`${message.name} ended with status ${message.status}`));
      else if (matches(message)) settle(resolve, message);
    };
    const timer = setTimeout(() => settle(reject, new Error(`${what} did not happen`)), PATIENCE_MS);
    listeners.add(listener);
  });
}

function said(name, type) {
  return heard((message) => message.name === name && message.type === type, `"${type}" of ${name}`);
}

/** Has `name` hold the lock, and sends it a signal meanwhile. */
async function strike(name, signal) {
  const holding = said(name, 'holding');
  workers.get(name).child.send('hold');
  const { token } = await holding;
  const at = hostTime();
  workers.get(name).child.kill(signal);
  return { name, token, at };
}

function takenOver({ name, token }) {
  return heard((message) => message.type === 'acquired' && message.token > token, `a takeover from ${name}`);
}

async function end() {
  const left = [...workers.values()].filter(({ state }) => state !== 'killed' && state !== 'ended');
  const ended = Promise.all(left.map(({ child }) => once(child, 'exit')));
  for (const { child } of left) child.send('end');
  const late = sleep(PATIENCE_MS, 'late', { ref: false });
  if ((await Promise.race([ended, late])) === 'late') throw new Error('a process did not end');
}
