import { bursts } from './bursts.js';
import { crowd } from './crowd.js';
import { cycle } from './cycle.js';
import { growth } from './growth.js';
import { handOver } from './hand-over.js';
import { many } from './many.js';
import { processes } from './processes.js';

export const PARTS = [cycle, processes, handOver, crowd, many, growth, bursts];
