import { isVFSError, VFSError } from '@holdfast/vfs';
import { failure } from '@holdfast/vfs/adapter';
import { davError, statusFailure, type About } from './errors.js';
import { MalformedReply, parseMultistatus } from './multistatus/reader.js';
import { parseChallenges } from './transport/challenges.js';
import type { Answer } from './transport/request.js';

/**
 * The error that the answer to a change means. A 207 says that some of it failed, and inside what: the `webdav` client
 * takes it for success.
 */
export function changeError(answer: Answer, about: About, isDoubtful: boolean = answer.isDoubtful): VFSError {
  if (answer.status === 401) return credentialsError(answer, about, isDoubtful);
  if (answer.status !== 207) return davError(about, statusFailure(answer.status), { isDoubtful });
  try {
    const failed = parseMultistatus(answer.body).find(
      ({ status }) => status !== undefined && isFailure(status),
    );
    const what =
      failed?.status === undefined
        ? failure('EIO', { detail: 'the server tells of no success' })
        : statusFailure(failed.status);
    return davError(about, what, { isDoubtful: true });
  } catch (error) {
    if (!(error instanceof MalformedReply)) throw error;
    return davError(about, failure('EIO', { detail: error.message }), { isDoubtful: true, cause: error });
  }
}

/** The error of a change that was answered, and of which nothing is to be seen: nothing will come of it any more. */
export function withoutEffect(answer: Answer, about: About): VFSError {
  if (answer.status === 207) return changeError(answer, about);
  return davError(
    about,
    { ...statusFailure(answer.status), outcome: 'failed' },
    { isDoubtful: answer.isDoubtful },
  );
}

/**
 * Whether a page came in place of an answer: a 200 in HTML, as portals and proxies say it to everything. A server that
 * has written or removed something may say 200 as well, but then it shows.
 */
export function isPage({ status, header }: Pick<Answer, 'status' | 'header'>): boolean {
  return status === 200 && /^\s*text\/html\b/i.test(header('content-type') ?? '');
}

/** The error of a {@link isPage | page}. */
export function pageError(about: About): VFSError {
  return davError(
    about,
    failure('EIO', {
      outcome: 'unknown',
      detail: 'a page came instead of an answer',
      advice: 'Check whether the network, or a proxy, wants a login',
    }),
  );
}

/** The error of a 401, which says what the server would take. */
export function credentialsError(
  answer: Pick<Answer, 'header'>,
  about: About,
  isDoubtful: boolean,
): VFSError {
  const offered = parseChallenges(answer.header('www-authenticate') ?? '').map(({ scheme }) => scheme);
  const { detail, ...row } = statusFailure(401);
  return davError(
    about,
    {
      ...row,
      detail: offered.length === 0 ? detail : `${detail} (it offers ${[...new Set(offered)].join(', ')})`,
      advice: 'Check user and password or token, and that auth.type is one that the server offers',
    },
    { isDoubtful },
  );
}

const isFailure = (status: number): boolean => status < 200 || status >= 300;

/**
 * Looks into why a change was refused. If that fails, it says nothing of the change: its outcome is that of `answer`,
 * and not that of the look.
 */
export async function lookInto<T>(
  looking: Promise<T>,
  answer: Answer,
  isDoubtful: boolean = answer.isDoubtful,
): Promise<T> {
  try {
    return await looking;
  } catch (error) {
    if (!isVFSError(error)) throw error;
    const { code, op, path, adapter, detail, advice, cause } = error;
    const outcome = isDoubtful ? 'unknown' : statusFailure(answer.status).outcome;
    throw new VFSError({ code, op, path, adapter, detail, advice, cause, outcome });
  }
}
