import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureDebian } from './debian.js';
import { freePort, startServer, type ServerProcess } from './process.js';
import type { S3Server } from './s3-server.js';

const run = promisify(execFile);

/** Why Ceph's gateway cannot be had here, if so. */
export const radosgwMissing = (): Promise<string | undefined> =>
  ensureDebian(
    ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-common'],
    ['radosgw', 'radosgw-admin', 'ceph', 'ceph-mon', 'ceph-osd', 'ceph-authtool', 'monmaptool'],
  );

/** The smallest Ceph that serves S3: one monitor, one object store in memory, one gateway. Takes some 10 s. */
export async function startRadosgw(): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-ceph-'));
  const servers: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const server of servers.toReversed()) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return await start(folder, servers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(folder: string, servers: ServerProcess[], stop: () => Promise<void>): Promise<S3Server> {
  const fsid = randomUUID();
  const osd = randomUUID();
  const monitorPort = await freePort();
  const port = await freePort();
  const conf = join(folder, 'ceph.conf');
  const keyring = join(folder, 'keyring');
  const monitor = `127.0.0.1:${monitorPort}`;
  writeFileSync(conf, configuration({ folder, fsid, monitor, port }));
  for (const name of ['mon', 'osd']) mkdirSync(join(folder, name));

  const tool = (command: string, ...args: string[]): Promise<{ stdout: string }> =>
    run(command, ['-c', conf, ...args], { maxBuffer: 16 * 1024 * 1024 });
  const daemon = async (command: string, args: string[], ready: RegExp | number): Promise<void> => {
    servers.push(await startServer({ command, args: ['-c', conf, '-f', ...args], ready }));
  };

  const key = (name: string, ...caps: string[]): Promise<unknown> =>
    run('ceph-authtool', [keyring, '--gen-key', '-n', name, ...caps.flatMap(capability)]);
  await run('ceph-authtool', ['--create-keyring', keyring]);
  await key('mon.', 'mon allow *');
  await key('client.admin', 'mon allow *', 'osd allow *', 'mgr allow *');
  await key('osd.0', 'mon allow profile osd', 'osd allow *');
  await key('client.rgw', 'mon allow rw', 'osd allow rwx');
  const monmap = join(folder, 'monmap');
  await run('monmaptool', ['--create', '--addv', 'a', `[v1:${monitor}]`, '--fsid', fsid, monmap]);
  await tool('ceph-mon', '--mkfs', '-i', 'a', '--monmap', monmap, '--keyring', keyring);
  await daemon('ceph-mon', ['-i', 'a'], monitorPort);

  // The monitor keeps only its own key and the administrator's of what it is made with.
  await tool('ceph', 'auth', 'import', '-i', keyring);
  await tool('ceph', 'osd', 'new', osd);
  await tool('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd);
  await daemon('ceph-osd', ['-i', '0'], /./);
  await daemon('radosgw', ['-n', 'client.rgw'], port);

  const { stdout } = await tool('radosgw-admin', 'user', 'create', '--uid', 'test', '--display-name', 'Test');
  const { keys } = JSON.parse(stdout) as { keys: { access_key: string; secret_key: string }[] };
  const [pair] = keys;
  if (pair === undefined) throw new Error('radosgw-admin made a user without a key');
  return {
    name: 'Ceph radosgw',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: pair.access_key, secretAccessKey: pair.secret_key },
    stop,
  };
}

/** `mon allow *` as ceph-authtool wants it. */
function capability(cap: string): string[] {
  const at = cap.indexOf(' ');
  return ['--cap', cap.slice(0, at), cap.slice(at + 1)];
}

interface Setting {
  readonly folder: string;
  readonly fsid: string;
  readonly monitor: string;
  readonly port: number;
}

function configuration({ folder, fsid, monitor, port }: Setting): string {
  return `[global]
fsid = ${fsid}
mon host = [v1:${monitor}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = ${folder}/keyring
run dir = ${folder}
admin socket = ${folder}/$name.asok
pid file =
log file =
log to file = false
log to stderr = true
crash dir = ${folder}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd class load list = *
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data = ${folder}/mon
[osd]
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port} tcp_nodelay=1
rgw data = ${folder}
rgw thread pool size = 32
rgw enable usage log = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw run sync thread = false
`;
}
