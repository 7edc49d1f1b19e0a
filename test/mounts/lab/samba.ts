import { findCommand } from '../../servers/debian.js';
import { HOST_ADDRESS } from './network.js';
import { LAB } from './folders.js';
import type { FileServer } from './server.js';
import type { Job, Warden } from './warden.js';

const HOME = `${LAB}/samba`;
export const SHARE: string = `${LAB}/share`;
export const USER = 'root';
export const PASSWORD = 'lab';

/** Nothing of how files are served is set, so that it is served as Samba does by default. */
const CONFIG = `
[global]
  server role = standalone server
  interfaces = ${HOST_ADDRESS}/24
  bind interfaces only = yes
  smb ports = 445
  disable netbios = yes
  private dir = ${HOME}/private
  state directory = ${HOME}/state
  cache directory = ${HOME}/cache
  lock directory = ${HOME}/lock
  pid directory = ${HOME}/run
  ncalrpc dir = ${HOME}/ncalrpc
  log file = ${HOME}/log
  passdb backend = tdbsam
  load printers = no
[share]
  path = ${SHARE}
  read only = no
  force user = root
`;

/** Samba on this machine, inside the lab's network. */
export class Samba implements FileServer {
  readonly #warden: Warden;
  #job: Job;
  #starts = 1;

  private constructor(warden: Warden, job: Job) {
    this.#warden = warden;
    this.#job = job;
  }

  static async start(warden: Warden): Promise<Samba> {
    const folders = ['private', 'state', 'cache', 'lock', 'run', 'ncalrpc'].map((name) => `${HOME}/${name}`);
    await warden.run('mkdir', '-p', SHARE, ...folders);
    await warden.run('chmod', '755', ...folders);
    await warden.write(`${HOME}/smb.conf`, CONFIG);
    const enter = `printf '${PASSWORD}\\n${PASSWORD}\\n' | smbpasswd -c ${HOME}/smb.conf -s -a ${USER}`;
    await warden.run('sh', '-c', enter);
    return new Samba(warden, await launch(warden, 1));
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

function launch(warden: Warden, start: number): Promise<Job> {
  return warden.start(`samba-${start}`, {
    command: findCommand('smbd') ?? 'smbd',
    args: ['--configfile', `${HOME}/smb.conf`, '--foreground', '--no-process-group'],
  });
}
