import { noLighttpd, startLighttpd } from '../servers/lighttpd.js';
import { davConformance } from './conformance.js';

davConformance({
  name: 'lighttpd',
  missing: await noLighttpd(),
  start: startLighttpd,
  // It writes a file by a longer name first.
  refusesFiles: { long: 'EIO', 'long-utf8': 'EIO' },
});
