import { Lab } from './lab.js';

// Brings a lab up and leaves it standing until this process ends, however it ends. For a look by hand, and for the
// test of that. Prints a pid, of whose only child `nsenter -a -t` enters the namespaces.
const lab = await Lab.up();
process.stdout.write(`${JSON.stringify({ pid: lab.warden.pid })}\n`);
