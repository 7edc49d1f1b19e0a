import { isVFSError, type VFS } from '@holdfast/vfs';
import { isLockError } from '../errors/index.js';
import { ledgerOf } from '../id.js';
import { holdersAndWaiters, type ClaimRecord, type Numbered } from '../ledger/index.js';
import { lockStateOf, type LockState } from '../lock-state.js';
import type { Settings } from '../options.js';
import { nameOfId } from './names.js';
import { stillToBeGranted, type OwnView } from './in-transit.js';
import type { LockRequest, Requests } from './request-queue.js';
import type { WebLockInfo, WebLockManagerSnapshot } from './types.js';

/** At once, so that a mount with slow calls is not flooded. */
const AT_ONCE = 4;

/**
 * What is held, in the order of the grants, and asked for, in that of the calls. The requests of this process are as they
 * were when this was called, those that were not decided yet as they were decided; so what was asked for before is among it,
 * and what is granted or ends meanwhile changes nothing.
 */
export async function snapshot(
  vfs: VFS,
  settings: Settings,
  requests: Requests,
): Promise<WebLockManagerSnapshot> {
  const own = await ownView(vfs, settings, requests);
  const held = own.held.map(infoOf);
  const pending = own.pending.map(infoOf);
  const isOwn = ({ client }: Shown): boolean => client !== undefined && requests.clients.has(client);
  for (const { name, holders, waiters } of await othersView(vfs, settings)) {
    const named = ({ info }: Shown): WebLockInfo => ({ name, ...info });
    held.push(...holders.filter((holder) => !isOwn(holder)).map(named));
    // The whole queue of this process stands where its front does.
    const front = waiters.findIndex(isOwn);
    const before = waiters.slice(0, front < 0 ? undefined : front).map(named);
    const after = waiters.slice(before.length).filter((waiter) => !isOwn(waiter));
    const [first, last] = [pending.findIndex(isNamed(name)), pending.findLastIndex(isNamed(name))];
    pending.splice(last < 0 ? pending.length : last + 1, 0, ...after.map(named));
    pending.splice(first < 0 ? pending.length - after.length : first, 0, ...before);
  }
  return { held, pending };
}

function isNamed(name: string): (info: WebLockInfo) => boolean {
  return (info) => info.name === name;
}

async function ownView(vfs: VFS, settings: Settings, requests: Requests): Promise<OwnView> {
  const all = Array.from(requests.queues.values()).flatMap((queue) => Array.from(queue.requests));
  const states = new Map(all.map((request) => [request, request.state]));
  await Promise.all(
    all.map(async (request) => {
      if (request.state === 'undecided') await request.decided;
      if (states.get(request) === 'undecided') states.set(request, request.state);
    }),
  );
  const being = (state: string): LockRequest[] => all.filter((request) => states.get(request) === state);
  // What was let go before is granted to the next ones before this is answered, as far as it can be.
  const [held, pending] = [being('held'), being('pending')];
  const granted = new Set(await stillToBeGranted(vfs, settings, requests, { held, pending }));
  return {
    held: [...held, ...granted].sort((a, b) => a.grantedAs - b.grantedAs),
    pending: pending
      .filter((request) => !granted.has(request) && request.state !== 'over')
      .sort((a, b) => a.askedAs - b.askedAs),
  };
}

function infoOf({ name, mode, clientId }: LockRequest): WebLockInfo {
  return { name, mode, clientId };
}

interface Shown {
  readonly info: Omit<WebLockInfo, 'name'>;
  readonly client: string | undefined;
}

interface NameView {
  readonly name: string;
  readonly holders: readonly Shown[];
  readonly waiters: readonly Shown[];
}

async function othersView(vfs: VFS, settings: Settings): Promise<NameView[]> {
  const names: { readonly name: string; readonly directory: string }[] = [];
  try {
    for (const { name: directory, type } of await vfs.ls(settings.dir)) {
      const ledger = type === 'file' ? undefined : ledgerOf(directory);
      const name = ledger?.kind === 'lock' ? nameOfId(ledger.id) : undefined;
      if (name !== undefined) names.push({ name, directory });
    }
  } catch (error) {
    if (isVFSError(error, 'ENOENT')) return [];
    throw error;
  }
  const views: (NameView | undefined)[] = [];
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    views.push(...(await Promise.all(some.map((each) => nameView(vfs, settings, each)))));
  }
  return views.filter((view) => view !== undefined);
}

/** @returns `undefined` for what is no ledger of this edition */
async function nameView(
  vfs: VFS,
  settings: Settings,
  { name, directory }: { readonly name: string; readonly directory: string },
): Promise<NameView | undefined> {
  const { clock, dir, turn } = settings;
  const state = lockStateOf(vfs, clock, { dir, directory, kind: 'lock' });
  try {
    const { holders, waiters } = holdersAndWaiters(await state.ledger.look(), turn);
    const show = (claims: readonly Numbered[]): Promise<Shown[]> =>
      Promise.all(claims.map((numbered) => shownOf(state, settings, numbered)));
    return { name, holders: await show(holders), waiters: await show(waiters) };
  } catch (error) {
    if (isLockError(error, 'ELEDGER')) return undefined;
    throw error;
  }
}

async function shownOf(state: LockState, { clock }: Settings, numbered: Numbered): Promise<Shown> {
  const record = await state.records.of(numbered, state.ledger, clock);
  const mode = numbered.shared ? 'shared' : 'exclusive';
  return { info: { mode, clientId: clientIdOf(record) }, client: record?.client };
}

/** Claims that no lock manager made are told apart by their processes. */
function clientIdOf(record: ClaimRecord | undefined): string {
  if (record?.client !== undefined) return record.client;
  const { process } = record ?? {};
  return process === undefined ? 'unknown' : `${process.host}/${process.pid}`;
}
