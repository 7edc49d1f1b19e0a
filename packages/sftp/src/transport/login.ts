import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import { readFile } from 'node:fs/promises';
import type SftpClient from 'ssh2-sftp-client';
import type { Credentials } from '../options.js';
import { usableKey } from './private-key.js';

/** The credentials as ssh2 takes them. */
export type Login = Readonly<Partial<Record<'passphrase' | 'agent' | 'password', string>>> & {
  readonly privateKey?: string;
};

/** @throws {@link FailedAttempt} `EINVAL` for a key that cannot be read or used */
export async function readLogin(credentials: Credentials): Promise<Login> {
  const { privateKey, privateKeyPath, passphrase, agent, password } = credentials;
  const key = privateKeyPath === undefined ? privateKey : await readKey(privateKeyPath);
  return {
    ...(key !== undefined && { privateKey: usableKey(key, { passphrase, path: privateKeyPath }) }),
    ...(passphrase !== undefined && { passphrase }),
    ...(agent !== undefined && { agent }),
    ...(password !== undefined && { password }),
  };
}

async function readKey(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new FailedAttempt(
      failure('EINVAL', {
        detail: `the private key ${path} cannot be read (${code})`,
        advice: 'Correct privateKeyPath',
      }),
    );
  }
}

/** Only what was given is tried. Asking the server which methods it has would cost a round trip. */
export function authMethodsOf(login: Login): ('publickey' | 'agent' | 'password' | 'keyboard-interactive')[] {
  return [
    ...(login.privateKey === undefined ? [] : (['publickey'] as const)),
    ...(login.agent === undefined ? [] : (['agent'] as const)),
    ...(login.password === undefined ? [] : (['password', 'keyboard-interactive'] as const)),
  ];
}

/** How servers ask for a new password in a dialogue, once the old one has expired. */
const ASKS_FOR_NEW_PASSWORD = /\b(new|retype|re-enter|repeat|change your)\b.*\bpassw/i;

/**
 * Many servers ask for the password in a dialogue. Only prompts with hidden input are answered with it.
 *
 * @param onExpired called when the server wants a new password, with its words
 */
export function answerPrompts(
  client: SftpClient,
  password: string | undefined,
  onExpired: (prompt: string) => void,
): void {
  client.on('change password', onExpired);
  client.on(
    'keyboard-interactive',
    (
      _name: string,
      instructions: string,
      _language: string,
      prompts: readonly { readonly prompt: string; readonly echo: boolean }[],
      finish: (answers: string[]) => void,
    ) => {
      const change = prompts.find(({ prompt }) => ASKS_FOR_NEW_PASSWORD.test(prompt));
      if (change !== undefined) return onExpired(`${instructions} ${change.prompt}`.trim());
      finish(prompts.map(({ echo }) => (echo ? '' : (password ?? ''))));
    },
  );
}
