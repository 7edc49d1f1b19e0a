export { ActorClock, type ActorClockOptions, type Suspension } from './actor-clock.js';
export { VirtualClockError, type VirtualClockErrorCode } from './clock-error.js';
export { VirtualClock, type LimitOptions, type VirtualClockOptions } from './virtual-clock.js';
