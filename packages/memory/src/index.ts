export { memoryStore, type MemoryStore, type MemoryStoreOptions } from './store.js';
export { memoryVFS } from './open.js';
export type { MemoryVFSOptions } from './options.js';
export { memoryVFSFromURL } from './url.js';
