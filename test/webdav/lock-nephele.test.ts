import { startNephele } from '../servers/nephele.js';
import { lockOnDAV } from './lock-on-dav.js';

lockOnDAV({ name: 'Nephele', missing: undefined, start: startNephele, here: true });
