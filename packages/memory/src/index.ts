export { memoryStore, type MemoryStore, type MemoryStoreOptions } from './memory-store.js';
export { memoryVFS } from './memory-vfs.js';
export type { MemoryVFSOptions } from './options.js';
