export * from './clock/index.js';
export * from './history/index.js';
