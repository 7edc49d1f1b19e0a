import { findCommand } from '../../servers/debian.js';
import { LAB } from './folders.js';
import { HOST_ADDRESS } from './network.js';
import type { FileServer } from './server.js';
import type { Job, Warden } from './warden.js';

const HOME = `${LAB}/ssh`;
/** What clients name in paths. */
export const SFTP_FOLDER: string = `${LAB}/sftp`;
export const KEY: string = `${HOME}/key`;

const CONFIG = `
ListenAddress ${HOST_ADDRESS}
HostKey ${HOME}/host
AuthorizedKeysFile ${KEY}.pub
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PidFile none
Subsystem sftp internal-sftp
`;

/** OpenSSH on this machine, inside the lab's network, for FUSE mounts over SFTP. */
export class Sshd implements FileServer {
  readonly #warden: Warden;
  #job: Job;
  #starts = 1;

  private constructor(warden: Warden, job: Job) {
    this.#warden = warden;
    this.#job = job;
  }

  static async start(warden: Warden): Promise<Sshd> {
    // Where it locks itself in before a log-in; the lab has a /run of its own.
    await warden.run('mkdir', '-p', HOME, SFTP_FOLDER, '/run/sshd');
    for (const file of [`${HOME}/host`, KEY]) {
      await warden.run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file);
    }
    await warden.write(`${HOME}/config`, CONFIG);
    return new Sshd(warden, await launch(warden, 1));
  }

  freeze(): Promise<void> {
    return this.#job.signal('SIGSTOP');
  }

  thaw(): Promise<void> {
    return this.#job.signal('SIGCONT');
  }

  /** Ends it and all its sessions at once, and starts it again. */
  async restart(): Promise<void> {
    await this.#job.signal('SIGKILL');
    await this.#job.ended;
    this.#job = await launch(this.#warden, ++this.#starts);
  }
}

async function launch(warden: Warden, start: number): Promise<Job> {
  const job = await warden.start(`sshd-${start}`, {
    // It starts itself anew for each connection, and wants to know where it is.
    command: findCommand('sshd') ?? '/usr/sbin/sshd',
    args: ['-D', '-e', '-f', `${HOME}/config`],
  });
  await job.wrote(/Server listening/);
  return job;
}
