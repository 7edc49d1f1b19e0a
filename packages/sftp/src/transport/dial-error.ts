import { FailedAttempt, failure, type Failure } from '@holdfast/vfs/adapter';
import type { Quote } from './quote.js';

/** Why no connection came about, as ssh2 and the socket tell it. */
interface Told {
  readonly message: string;
  /** Where in ssh2 it arose. */
  readonly level: string | undefined;
  /** An errno, or the number of an SSH disconnect message. */
  readonly code: string | number | undefined;
}

interface Row extends Pick<Failure, 'code' | 'retryable' | 'advice'> {
  readonly fits: (told: Told) => boolean;
  readonly detail: (server: string, message: string) => string;
}

/** The first row that fits counts. */
const ROWS: readonly Row[] = [
  {
    fits: ({ level }) => level === 'client-authentication',
    code: 'EAUTH',
    retryable: false,
    detail: (server) => `${server} did not accept the credentials`,
    advice: 'Check username and key, agent or password, and that the server knows them',
  },
  {
    fits: ({ level }) => level === 'agent',
    code: 'EAUTH',
    retryable: false,
    detail: (server, message) => `the SSH agent failed at the login to ${server}: ${message}`,
    advice: 'Check that the agent runs and has the key: ssh-add -l',
  },
  {
    fits: ({ code, message }) => typeof code === 'number' && /authenticat/i.test(message),
    code: 'EAUTH',
    retryable: false,
    detail: (server, message) => `${server} ended the login: ${message}`,
    advice: 'Give the one credential that the server knows',
  },
  {
    fits: ({ message }) => /\bprivate ?key\b/i.test(message),
    code: 'EINVAL',
    retryable: false,
    detail: (_, message) => `the private key cannot be used: ${message}`,
    advice: 'Check the key and its passphrase: ssh-keygen -y -f FILE',
  },
  {
    fits: ({ message }) => /subsystem/i.test(message),
    code: 'EACCES',
    retryable: false,
    detail: (server) => `the login to ${server} worked, but it starts no SFTP session for this user`,
    advice: 'Check that the server has SFTP enabled for the user',
  },
  {
    fits: ({ message }) => textInPlaceOfSFTP(message) !== undefined,
    code: 'EACCES',
    retryable: false,
    detail: (server, message) =>
      `the login to ${server} worked, but in place of SFTP came text that begins with "${textInPlaceOfSFTP(message)}"`,
    advice:
      "See what `ssh USER@HOST true` prints: the user's shell must be allowed to run, and its start files must print nothing",
  },
  {
    fits: ({ message }) => /establishing SFTP session|SFTP session termination/.test(message),
    code: 'EACCES',
    retryable: false,
    detail: (server, message) =>
      `the login to ${server} worked, but its SFTP session ended at once: ${message}`,
    advice: "See what `ssh USER@HOST true` prints: the user's shell must be allowed to run",
  },
  {
    fits: ({ code }) => code === 'ENOTFOUND',
    code: 'ECONN',
    retryable: true,
    detail: (server) => `there is no such host: ${server}`,
  },
];

const OTHER: Row = {
  fits: () => true,
  code: 'ECONN',
  retryable: true,
  detail: (server, message) => `no connection to ${server}: ${message}`,
};

/** What ssh2 or the socket failed with, without what it may hold of the options. */
export function whyNoConnection(
  error: unknown,
  { server, quote }: { readonly server: string; readonly quote: Quote },
): FailedAttempt {
  if (error instanceof FailedAttempt) return error;
  const told = read(error);
  const { code, retryable, advice, ...row } = ROWS.find(({ fits }) => fits(told)) ?? OTHER;
  const detail = row.detail(server, quote(told.message));
  return new FailedAttempt(failure(code, { retryable, detail, advice }));
}

function read(error: unknown): Told {
  if (!(error instanceof Error)) return { message: String(error), level: undefined, code: undefined };
  const { level, code } = error as { level?: unknown; code?: unknown };
  return {
    // Node tries every address of a name; if none answers, the errors are in a bundle that says nothing itself.
    message: error.message || (error instanceof AggregateError ? String(error.errors[0]) : error.name),
    level: typeof level === 'string' ? level : undefined,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
  };
}

/**
 * The first four characters of text that came where the length of a packet should be: a login shell printed it. ssh2
 * tells them as a number, and keeps no more of it.
 */
function textInPlaceOfSFTP(message: string): string | undefined {
  const [, digits] = /Packet length (-?\d+) exceeds/.exec(message) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(Number(digits) | 0);
  const text = bytes.toString('latin1').replaceAll(/[\r\n\t]/g, ' ');
  return /^[\x20-\x7e]{4}$/.test(text) ? text : undefined;
}
