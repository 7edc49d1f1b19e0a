import { noNginx, startNginx } from '../servers/nginx.js';
import { lockOnDAV } from './lock-on-dav.js';

lockOnDAV({ name: 'nginx', missing: await noNginx(), start: startNginx });
