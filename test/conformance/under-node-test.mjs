// The conformance suite under `node:test`, as the author of an adapter without vitest would use it.
// With BROKEN=1 the adapter has a defect.
import { memoryStore, memoryVFS } from '@holdfast/memory';
import { vfsConformance } from '@holdfast/testkit';
import { intercept } from '@holdfast/vfs';
import { describe, test } from 'node:test';

const client = (store) => {
  const vfs = memoryVFS({ store });
  if (process.env['BROKEN'] !== '1') return vfs;
  return intercept(vfs, (call, next) => next(call.op === 'ls' ? { ...call, path: '/' } : call));
};

describe('the contract', () => {
  vfsConformance({
    test,
    skip: (name) => test.skip(name),
    factory: async () => {
      const store = memoryStore();
      return { open: async () => client(store), cleanup: async () => {} };
    },
  });
});
