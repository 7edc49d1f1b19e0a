import { startNephele } from '../servers/nephele.js';
import { davConformance } from './conformance.js';

davConformance({
  name: 'Nephele',
  missing: undefined,
  start: startNephele,
  // It keeps the properties of a file in another of a longer name.
  refusesFiles: { long: 'EIO', 'long-utf8': 'EIO' },
});
