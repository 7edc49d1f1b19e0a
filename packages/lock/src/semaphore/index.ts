export { Semaphore, type PermitTryOptions, type PermitWaitOptions } from './semaphore.js';
