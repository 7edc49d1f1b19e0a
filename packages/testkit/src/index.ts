export * from './clock/index.js';
