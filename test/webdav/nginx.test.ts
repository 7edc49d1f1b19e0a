import { noNginx, startNginx } from '../servers/nginx.js';
import { davConformance } from './conformance.js';

davConformance({
  name: 'nginx',
  missing: await noNginx(),
  start: startNginx,
  // ngx_http_dav_ext leaves out of a listing what begins with a dot.
  hides: ['dot'],
});
