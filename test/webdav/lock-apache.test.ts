import { noApache, startApache } from '../servers/apache.js';
import { lockOnDAV } from './lock-on-dav.js';

lockOnDAV({ name: 'Apache', missing: await noApache(), start: startApache });
