export { Acquisition } from './acquisition.js';
export { lastBeatOf } from './last-beat.js';
export { Observer } from './observer.js';
export { Queue } from './queue.js';
export { Records } from './records.js';
export { observe } from './verdict.js';
export { attachToPass } from './waiter.js';
export { heldClaim } from './way.js';
