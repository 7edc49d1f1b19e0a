export { Election } from './election.js';
export type { Leadership } from './leadership.js';
export type { Leader } from './published.js';
