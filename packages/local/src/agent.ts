/**
 * The helper process: makes the calls on a mount that its parent orders, so that only this process is caught when the
 * mount's server falls silent. It holds nothing and decides nothing.
 */
import { Jail } from './jail.js';
import { stepsOf, type AnswerOf, type OperationName } from './operations.js';
import type { Place } from './place.js';
import { runPooled } from './steps.js';
import { toFault, type Order, type Report } from './wire.js';

const jails = new Map<string, Jail>();

function jailOf(place: Place): Jail {
  const key = JSON.stringify(place);
  let jail = jails.get(key);
  if (jail === undefined) {
    jail = new Jail(place);
    jails.set(key, jail);
  }
  return jail;
}

function carryOut(order: Order): Promise<AnswerOf<OperationName>> {
  return runPooled(stepsOf(order.name, jailOf(order.place), order.rest));
}

async function obey(order: Order): Promise<void> {
  let report: Report;
  try {
    report = { id: order.id, answer: await carryOut(order) };
  } catch (error) {
    report = { id: order.id, fault: toFault(error) };
  }
  process.send?.(report);
}

process.title = 'holdfast-mount';
// The signals of a terminal or a service manager go to parent and child alike. The parent may still have a lock to
// release, so they are for it to answer.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);
// Not `exit`: that waits for the threads, and one of them may hang.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (order: Order) => void obey(order));
