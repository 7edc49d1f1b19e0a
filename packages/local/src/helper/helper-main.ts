/**
 * The helper process: makes the calls on a mount that its parent orders, so that only this process is caught when the
 * mount's server falls silent. It holds nothing and decides nothing.
 */
import { MountJail } from '../mounts/mount-jail.js';
import { stepsOf, type AnswerOf, type OperationName } from '../operations/operations.js';
import type { RootConfig } from '../root-config.js';
import { runPooled } from '../operations/steps.js';
import { toFault, type Order, type Report } from './wire.js';

const jails = new Map<string, MountJail>();

function jailOf(config: RootConfig): MountJail {
  const key = JSON.stringify(config);
  let jail = jails.get(key);
  if (jail === undefined) {
    jail = new MountJail(config);
    jails.set(key, jail);
  }
  return jail;
}

function carryOut(order: Order): Promise<AnswerOf<OperationName>> {
  return runPooled(stepsOf(order.name, jailOf(order.config), order.rest));
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
