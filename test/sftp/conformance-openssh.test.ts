import { signalTree } from '../servers/process.js';
import { noSshd, startSshd } from '../servers/sshd.js';
import { holdToContract } from './hold-to-contract.js';

holdToContract('OpenSSH', await noSshd(), startSshd, {
  stall: (server) => {
    server.process.signal('SIGSTOP');
    return () => server.process.signal('SIGCONT');
  },
  cut: (server) => {
    for (const pid of server.sessions()) signalTree(pid, 'SIGKILL');
  },
  // Each of some hundred connections costs sshd a key exchange, and the other run is shown on the server of ssh2.
  plainOnly: true,
});
