import { Breakdown } from './fault.js';
import type { Quote } from './secrets.js';

/** Why no connection came about, as ssh2 and the socket tell it. */
interface Told {
  readonly message: string;
  /** Where in ssh2 it arose. */
  readonly level: string | undefined;
  /** An errno, or the number of an SSH disconnect message. */
  readonly code: string | number | undefined;
}

interface Cause {
  readonly fits: (told: Told) => boolean;
  readonly code: 'EAUTH' | 'EINVAL' | 'EACCES' | 'ECONN';
  readonly detail: (message: string) => string;
  readonly advice?: string;
  /** Trying again would come to the same. */
  readonly final: boolean;
}

/** The first that fits counts; the last always does. */
const CAUSES: readonly Cause[] = [
  {
    fits: ({ level }) => level === 'client-authentication',
    code: 'EAUTH',
    detail: () => 'the server did not accept the credentials',
    advice: 'Check username and key, agent or password, and that the server knows them',
    final: true,
  },
  {
    fits: ({ level }) => level === 'agent',
    code: 'EAUTH',
    detail: (message) => `the SSH agent failed: ${message}`,
    advice: 'Check that the agent runs and has the key: ssh-add -l',
    final: true,
  },
  {
    fits: ({ code, message }) => typeof code === 'number' && /authenticat/i.test(message),
    code: 'EAUTH',
    detail: (message) => `the server ended the login: ${message}`,
    advice: 'Give the one credential that the server knows',
    final: true,
  },
  {
    fits: ({ message }) => /\bprivate ?key\b/i.test(message),
    code: 'EINVAL',
    detail: (message) => `the private key cannot be used: ${message}`,
    advice: 'Check the key file and its passphrase: ssh-keygen -y -f FILE',
    final: true,
  },
  {
    fits: ({ message }) => /subsystem/i.test(message),
    code: 'EACCES',
    detail: () => 'the login worked, but the server starts no SFTP session for this user',
    advice: 'Check that the server has SFTP enabled for the user',
    final: true,
  },
  {
    fits: ({ code }) => code === 'ENOTFOUND',
    code: 'ECONN',
    detail: () => 'there is no such host',
    final: false,
  },
  {
    fits: () => true,
    code: 'ECONN',
    detail: (message) => `no connection: ${message}`,
    final: false,
  },
];

/** What ssh2 or the socket failed with, without what it may hold of the options. */
export function explain(error: unknown, quote: Quote): Breakdown {
  if (error instanceof Breakdown) return error;
  const told = read(error);
  const cause = CAUSES.find(({ fits }) => fits(told));
  return new Breakdown({
    code: cause?.code ?? 'ECONN',
    sent: false,
    detail: cause?.detail(quote(told.message)) ?? 'no connection',
    advice: cause?.advice,
    final: cause?.final,
  });
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
