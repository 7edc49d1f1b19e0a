import { startNephele } from '../servers/nephele.js';
import { davConformance } from './conformance.js';

davConformance({
  name: 'Nephele',
  missing: undefined,
  start: startNephele,
  // It is written in JavaScript, and takes some twenty times as long as the others.
  rounds: 2,
  // It keeps the properties of a file in another of a longer name.
  refusesFiles: { long: 'EIO', 'long-utf8': 'EIO' },
});
