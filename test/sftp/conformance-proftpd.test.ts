import { processTree, signalTree } from '../servers/process.js';
import { noProftpd, startProftpd } from '../servers/proftpd.js';
import { holdToContract } from './hold-to-contract.js';

holdToContract('ProFTPD', await noProftpd(), startProftpd, {
  stall: (server) => {
    server.process.signal('SIGSTOP');
    return () => server.process.signal('SIGCONT');
  },
  cut: (server) => {
    for (const pid of processTree(server.process.pid).slice(1)) signalTree(pid, 'SIGKILL');
  },
  // When a session ends, ProFTPD takes no new one for 200 ms, and the suite opens some hundred.
  plainOnly: true,
});
