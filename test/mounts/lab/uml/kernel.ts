import { readdirSync } from 'node:fs';
import { findCommand } from '../../../servers/debian.js';
import { LAB, SOURCE } from '../folders.js';
import type { Kernel } from '../guest.js';
import { needsShim } from '../packages.js';
import type { Warden } from '../warden.js';

/** Where Debian's package has the modules, by version. */
const DEBIAN_MODULES = '/usr/lib/uml/modules';

/** Makes Debian's user-mode Linux ready: its modules indexed, and able to run on this processor. */
export async function prepareKernel(warden: Warden): Promise<Omit<Kernel, 'memoryMb'>> {
  const version = readdirSync(DEBIAN_MODULES).sort().at(-1);
  if (version === undefined) throw new Error(`no modules in ${DEBIAN_MODULES}`);
  const modules = `${LAB}/modules`;
  const folder = `${modules}/lib/modules/${version}`;
  await warden.run('mkdir', '-p', folder);
  // The package's own folder is left as it is: the index that depmod writes goes into ours.
  await warden.run(
    'sh',
    '-c',
    `ln -s ${DEBIAN_MODULES}/${version}/* ${folder}/ && rm -f ${folder}/modules.dep*`,
  );
  await warden.run('depmod', '-b', modules, version);
  return { command: findCommand('linux.uml') ?? 'linux.uml', env: await environment(warden), modules };
}

async function environment(warden: Warden): Promise<Record<string, string>> {
  if (!needsShim()) return {};
  const source = `${SOURCE}uml/xstate.c`;
  const shim = `${LAB}/xstate.so`;
  await warden.run('cc', '-O2', '-shared', '-fPIC', '-o', shim, source);
  return { LD_PRELOAD: shim };
}
