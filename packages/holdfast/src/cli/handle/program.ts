import type { Command } from 'commander';
import { ON } from '../on-option.js';

const ACQUIRE_HELP = `
Prints a handle, for renew and release, and ends; the lock is held until it is released, or for --ttl. For the steps
of a job in CI:
  holdfast acquire --id deploy --ttl 30m --format env >> "$GITHUB_ENV"
  ./deploy.sh
  holdfast release
Nobody keeps such a lock alive, so choose a --ttl that is longer than the work takes, or renew it.
Exit status: 0 held; 74 the handle could not be printed, and the lock was given back; 75 it was not obtained in time;
64, 69 as for run.
`;

const RENEW_HELP = `
HANDLE: as acquire or the last renew printed it; default: $HOLDFAST_LEASE. The handle that it prints replaces the one before.
Exit status: 0 done; 76 the lock was lost: its time was over, or another renew was faster; 64, 69 as for run.
`;

const RELEASE_HELP = `
HANDLE: as acquire or the last renew printed it; default: $HOLDFAST_LEASE.
Exit status: 0 done; 76 the lock was lost before: its time was over, or it was released already; 64, 69 as for run.
`;

const WAIT_HELP = `
Takes nothing: as soon as it says so, somebody else may have it. Looks once a second.
Exit status: 0 free, or held by one that is dead; 75 not in time; 64, 69 as for run.
`;

const FORMAT = ['--format <format>', 'what to print: handle, env or json', 'handle'] as const;

/** The commands for a lock that no process holds, and the one that waits for nothing but an end. */
export function addHandleCommands(program: Command, end: (exitStatus: number) => void): void {
  program
    .command('acquire')
    .description('take a lock that is held until it is released, or for a time')
    .option(...ON)
    .option('--id <id>', 'the name of the lock', 'default')
    .requiredOption('--ttl <duration>', 'after so long it is free by itself: 50ms to 30d')
    .option('--timeout <duration>', 'give up with status 75 after so long (default: wait for ever)')
    .option('--no-wait', 'give up at once if somebody else holds the lock')
    .option('--permits <n>', 'let so many hold it at once, that all say the same number')
    .option('--shared', 'let others that say --shared hold it, too')
    .option('--label <text>', 'what others are shown of this one')
    .option('--conflict-status <n>', 'end with this status, instead of 75, if the lock is not obtained')
    .option(...FORMAT)
    .option('-q, --quiet', 'show no progress')
    .addHelpText('after', ACQUIRE_HELP)
    .action(async (options: object) => {
      const { parseAcquire } = await import('../settings.js');
      const settings = parseAcquire(options);
      end(await (await import('./handles.js')).acquire(settings));
    });

  program
    .command('renew')
    .description('hold a lock of acquire for longer')
    .argument('[handle]', 'the handle')
    .option(...ON)
    .option('--ttl <duration>', 'from now on (default: as long as before)')
    .option(...FORMAT)
    .addHelpText('after', RENEW_HELP)
    .action(async (handle: string | undefined, options: object) => {
      const { parseHandle } = await import('../settings.js');
      const settings = parseHandle({ ...options, handle });
      end(await (await import('./handles.js')).renew(settings));
    });

  program
    .command('release')
    .description('give a lock of acquire back')
    .argument('[handle]', 'the handle')
    .option(...ON)
    .addHelpText('after', RELEASE_HELP)
    .action(async (handle: string | undefined, options: object) => {
      const { parseHandle } = await import('../settings.js');
      const settings = parseHandle({ ...options, handle });
      end(await (await import('./handles.js')).release(settings));
    });

  program
    .command('wait')
    .description('wait until a lock is free, without taking it')
    .option(...ON)
    .requiredOption('--id <id>', 'the name of the lock')
    .option('--timeout <duration>', 'give up with status 75 after so long (default: wait for ever)')
    .addHelpText('after', WAIT_HELP)
    .action(async (options: object) => {
      const { parseWait } = await import('../settings.js');
      const settings = parseWait(options);
      end(await (await import('../status/wait.js')).waitUntilFree(settings));
    });
}
