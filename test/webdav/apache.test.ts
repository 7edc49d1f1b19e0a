import { noApache, startApache } from '../servers/apache.js';
import { davConformance } from './conformance.js';

davConformance({ name: 'Apache', missing: await noApache(), start: startApache, scoped: true });
