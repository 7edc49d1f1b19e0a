import { inspectAll, Lock } from '@holdfast/lock';
import type { VFS } from '@holdfast/vfs';
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../environment.js';
import { UsageError } from '../failure.js';
import type { RunSettings } from '../settings.js';

/**
 * Which locks are held above a command: a digest of each place and name, and its token. The place itself is none of the
 * command's business.
 */
const HELD = 'HOLDFAST_HELD';

type Named = Pick<RunSettings, 'id' | 'permits'>;

/** What a command is told of the locks that it runs under. */
export function heldEnvironment(
  own: Environment,
  place: string,
  named: Named,
  token: number,
): Record<string, string> {
  const above = held(own).map(([digest, number]) => `${digest}:${number}`);
  return { [HELD]: [...above, `${digestOf(place, named)}:${token}`].join(',') };
}

/**
 * A run within a run of the same lock would wait for itself for ever.
 *
 * What outlives its run (a daemon, say) still has the variable; so the storage is asked whether that token holds.
 *
 * @throws `UsageError` that names the lock
 */
export async function assertNotNested(
  vfs: VFS,
  place: string,
  named: Named,
  own: Environment = process.env,
): Promise<void> {
  const digest = digestOf(place, named);
  const tokens = held(own).flatMap(([each, token]) => (each === digest ? [token] : []));
  if (tokens.length === 0) return;
  const { id, permits } = named;
  const infos =
    permits === undefined
      ? [await new Lock(vfs, { id }).inspect()]
      : (await inspectAll(vfs, '/')).filter((info) => info.id === id && info.kind === 'semaphore');
  const token = infos
    .flatMap((info) => (info.state === 'unreadable' ? [] : info.holders))
    .find((claim) => tokens.includes(claim.token))?.token;
  if (token === undefined) return;
  throw new UsageError(
    `this runs within a "holdfast run" that holds lock "${id}" itself, token ${token}, and would wait for it for ever; leave the inner one out, or give it another --id`,
  );
}

function held(own: Environment): [digest: string, token: number][] {
  return (own[HELD] ?? '').split(',').flatMap((entry): [string, number][] => {
    const [, digest, token] = /^([0-9a-f]{32}):([1-9]\d{0,15})$/.exec(entry) ?? [];
    return digest === undefined ? [] : [[digest, Number(token)]];
  });
}

function digestOf(place: string, { id, permits }: Named): string {
  const kind = permits === undefined ? 'lock' : 'semaphore';
  const named = JSON.stringify([realPlace(place), kind, id]);
  return createHash('sha256').update(named).digest('hex').slice(0, 32);
}

/** One folder has many paths. */
function realPlace(place: string): string {
  try {
    return place.startsWith('file:') ? realpathSync(fileURLToPath(place)) : place;
  } catch {
    return place;
  }
}
