import { noLighttpd, startLighttpd } from '../servers/lighttpd.js';
import { lockOnDAV } from './lock-on-dav.js';

lockOnDAV({ name: 'lighttpd', missing: await noLighttpd(), start: startLighttpd });
