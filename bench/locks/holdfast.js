import { memoryVFS } from '@holdfast/memory';
import { localVFS, Lock } from 'holdfast';

/** As anybody uses it: every option at its default. */
export function holdfast(folder, id = 'bench') {
  return holdfastOn(localVFS(folder), id);
}

export function holdfastInMemory(_folder, id = 'bench') {
  return holdfastOn(memoryVFS(), id);
}

function holdfastOn(vfs, id) {
  const lock = new Lock(vfs, { id });
  return { lock: () => lock.acquire(), unlock: (lease) => lease.release() };
}
