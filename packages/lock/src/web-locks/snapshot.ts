import { isVFSError, type VFS } from '@holdfast/vfs';
import { isLockError } from '../errors/index.js';
import { ledgerOf } from '../id.js';
import { holdersAndWaiters, type ClaimRecord, type Numbered } from '../ledger/index.js';
import { lockStateOf, type LockState } from '../lock-state.js';
import type { Settings } from '../options.js';
import { nameOfId } from './names.js';
import type { LockRequest, Requests } from './request-queue.js';
import type { WebLockInfo, WebLockManagerSnapshot } from './types.js';

/** At once, so that a mount with slow calls is not flooded. */
const AT_ONCE = 4;

interface OwnView {
  readonly held: readonly LockRequest[];
  readonly pending: readonly LockRequest[];
}

/**
 * What is held and asked for. The requests of this process are as they were when this was called, those that were not decided
 * yet as they were decided; so what was asked for before is among it, and what is granted or ends meanwhile changes nothing.
 */
export async function snapshot(
  vfs: VFS,
  settings: Settings,
  requests: Requests,
): Promise<WebLockManagerSnapshot> {
  const own = await ownView(requests);
  const held = own.held.map(infoOf);
  const pending: WebLockInfo[] = [];
  const shown = new Set<LockRequest>();
  const showOwn = (name?: string): void => {
    for (const request of own.pending) {
      if (shown.has(request) || (name !== undefined && request.name !== name)) continue;
      shown.add(request);
      pending.push(infoOf(request));
    }
  };
  for (const { name, holders, waiters } of await othersView(vfs, settings)) {
    for (const { info, client } of holders) if (!isOwn(client)) held.push({ name, ...info });
    for (const { info, client } of waiters) {
      // The whole queue of this process stands where its front does.
      if (isOwn(client)) showOwn(name);
      else pending.push({ name, ...info });
    }
    showOwn(name);
  }
  showOwn();
  return { held, pending };

  function isOwn(client: string | undefined): boolean {
    return client !== undefined && requests.clients.has(client);
  }
}

async function ownView({ queues }: Requests): Promise<OwnView> {
  const all = Array.from(queues.values()).flatMap(({ requests }) => Array.from(requests));
  const states = await Promise.all(
    all.map(async (request) => {
      if (request.state === 'undecided') await request.decided;
      return request.state;
    }),
  );
  const being = (state: string): LockRequest[] => all.filter((_, at) => states[at] === state);
  return { held: being('held'), pending: being('pending') };
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
