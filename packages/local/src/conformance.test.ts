import { vfsConformance } from '@holdfast/testkit';
import { describe, test } from 'vitest';
import { localVFS } from './local.js';
import type { LocalOptions } from './options.js';
import { makeTemporary } from './temporary.fixture.js';

describe.each<[string, LocalOptions]>([
  ['on the main thread', { filesystem: 'local' }],
  ['in the thread pool', { filesystem: 'local', calls: 'pool' }],
  ['as on a network mount', { filesystem: 'network', isolate: false }],
])('the local VFS keeps the contract %s', (_, options) => {
  vfsConformance({
    test,
    factory: async () => {
      const temporary = makeTemporary();
      return {
        open: async (openOptions) => localVFS(temporary.dir, { ...options, ...openOptions }),
        cleanup: async () => temporary[Symbol.dispose](),
      };
    },
  });
});
