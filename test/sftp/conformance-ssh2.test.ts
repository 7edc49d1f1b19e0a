import { startSSHServer } from '../servers/ssh2-server.js';
import { holdToContract } from './hold-to-contract.js';

holdToContract('the server of ssh2', undefined, startSSHServer, {
  stall: (server) => {
    let resume: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (resume = resolve));
    server.faults = () => ({ kind: 'late', until });
    return () => {
      server.faults = undefined;
      resume();
    };
  },
  cut: (server) => server.cut(),
});
