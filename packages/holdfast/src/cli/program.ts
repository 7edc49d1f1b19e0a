import { printable } from '@holdfast/vfs';
import { Command as Commander, CommanderError } from 'commander';
import { readFileSync } from 'node:fs';
import { ExitStatus } from './exit-status.js';
import { addHandleCommands } from './handle/program.js';
import { ON } from './on-option.js';

const RUN_HELP = `
Places (--on): a folder, file:///folder, sftp://user@host/folder, webdavs://host/folder, s3://bucket/prefix.
Durations: 500ms, 10s, 2m, 1h30m, 1d, or seconds without a unit.

Exit status:
  that of COMMAND, or 128+n if signal n ended it
  75  the lock was not obtained in time      69  the storage cannot be reached, or is not safe
  76  the lock was lost while COMMAND ran    64  the command line is not valid
  126 COMMAND cannot be run                  127 COMMAND was not found

COMMAND finds HOLDFAST_ID and HOLDFAST_TOKEN in its environment. Other variables that begin with HOLDFAST_, where passwords
and places are, are kept from it unless --pass-env asks for them; HOLDFAST_WITHHELD names them. The token grows with every holder: pass it on
to what the lock guards, and have that refuse a lower one than it has seen.

Examples:
  holdfast run -- ./deploy.sh
  holdfast run --id nightly --timeout 30s --on file:///mnt/share/locks -- ./backup.sh --all

Nobody else runs meanwhile; that does not say that nobody has run before. Where cron starts the same job on several
hosts whose clocks differ, two of them may run it one after the other, with --no-wait too: have the job look, under
the lock, whether it was done already.
`;

const STATUS_HELP = `
One line for each that holds a lock, and below it one for each that waits, in the order in which they get it. STATE is
  free        nobody holds it
  held        somebody does, and shared if others may hold it, too
  suspect     held, but without a sign of life for longer than it should be
  waits, 1st  next in line, and so on
  detached    held for a process that is to take it up
  unreadable  its directory cannot be read, and why
ASKED is when it asked for the lock. The pid of a "holdfast run" is that of its guardian process, whose parent is the run.
--json: { place, at, locks: [{ id, state, holders: [CLAIM], waiters: [CLAIM], ignored, error }] }, where CLAIM is { token,
mode, holder: { host, pid, label } | null, since, sinceAgeMs, lastBeat, lastBeatAgeMs, windowMs, state }; what is not known
is null. With --watch, one line each time something changed.
`;

const BREAK_HELP = `
Ends the claim with this token although its owner may still live: a holder loses the lock, one that waits its place.
Asks first on a terminal, and needs --yes elsewhere.
Exit status: 0 done; 1 nothing was changed: no such claim, or the answer was no; 64, 69 as for run.
`;

/** Runs the command line `args`, without the program's own name. @returns the exit status; never rejects */
export async function main(args: readonly string[]): Promise<number> {
  let exitStatus: number = ExitStatus.done;
  const program = programFor((result) => {
    exitStatus = result;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitStatus;
  } catch (error) {
    // Commander has said what was wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitStatus.done : ExitStatus.usage;
    const { Interrupted, messageOf, statusOf, UsageError } = await import('./failure.js');
    if (!(error instanceof Interrupted)) process.stderr.write(`holdfast: ${messageOf(error)}\n`);
    if (error instanceof UsageError) process.stderr.write('Try "holdfast --help".\n');
    return statusOf(error);
  }
}

function programFor(end: (exitStatus: number) => void): Commander {
  const program = new Commander('holdfast')
    .description('Runs commands under a lock that holds on any storage you can reach.')
    .version(version(), '-V, --version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      outputError: (text, write) =>
        write(`holdfast: ${multiline(withoutValues(text).replace(/^error: /, ''))}`),
    })
    .showHelpAfterError('Try "holdfast --help".');

  // A subcommand inherits what is configured above, and loads what it needs when it is called.
  program
    .command('run')
    .description('run COMMAND while holding a lock')
    .usage('[options] -- COMMAND ARGS...')
    .argument('[command...]', 'what to run, with its arguments')
    .passThroughOptions()
    .option(...ON)
    .option('--id <id>', 'the name of the lock', 'default')
    .option('--timeout <duration>', 'give up with status 75 after so long (default: wait for ever)')
    .option('--no-wait', 'give up at once if somebody else holds the lock')
    .option('--permits <n>', 'let so many run at once, that all say the same number')
    .option('--shared', 'let others that say --shared run beside this, and nobody else')
    .option(
      '--stale-after <duration>',
      'let others pass this one after so long without a sign of life (default: 10s; S3: 60s)',
    )
    .option('--label <text>', 'what others are shown of this one (default: the name of COMMAND)')
    .option('--pass-env [names]', 'pass variables that begin with HOLDFAST_ on to COMMAND: all, or these')
    .option('--hold-at-least <duration>', 'keep the lock for so long, even if COMMAND ends sooner')
    .option('--shell <script>', 'instead of COMMAND: have a shell run this')
    .option('--conflict-status <n>', 'end with this status, instead of 75, if the lock is not obtained')
    .option('--progress <duration>', 'without a terminal, tell so often that it still waits (default: 60s)')
    .option('-q, --quiet', 'show no progress')
    .addHelpText('after', RUN_HELP)
    .action(async (command: string[], options: object) => {
      end(await (await import('./run/start.js')).startRun({ ...options, command }));
    });

  program
    .command('status')
    .description('show every lock, who holds it and who waits')
    .option(...ON)
    .option('--id <id>', 'show this lock alone; may be given several times', collected)
    .option('--exit-status', 'end with 0 if all that are shown are free, with 1 if one is not')
    .option('--json', 'print JSON')
    .option('--watch', 'go on showing, until Ctrl-C')
    .addHelpText('after', STATUS_HELP)
    .action(async (options: object) => {
      const { parseStatus } = await import('./settings.js');
      const settings = parseStatus(options);
      end(await (await import('./status/status.js')).status(settings));
    });

  program
    .command('break')
    .description('take a lock from its holder, or a place in the queue from one that waits')
    .option(...ON)
    .requiredOption('--id <id>', 'the name of the lock')
    .requiredOption('--token <n>', 'the token of the claim that is to end, as status shows it')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', BREAK_HELP)
    .action(async (options: object) => {
      const { parseBreak } = await import('./settings.js');
      const settings = parseBreak(options);
      end(await (await import('./break.js')).breakLock(settings));
    });

  addHandleCommands(program, end);
  return program;
}

function collected(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function multiline(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** Commander repeats words of the command line, of which one may be a URL that holds a password. */
function withoutValues(text: string): string {
  const unknown = /^error: unknown command '(.*)'/s.exec(text)?.[1];
  if (unknown !== undefined && !/^[\w-]+$/.test(unknown)) {
    return 'error: unknown command. To run one under a lock: holdfast run -- COMMAND ARGS...\n';
  }
  return text
    .replace(/^(error: unknown option '[^=']*)=.*'/s, "$1'")
    .replace(
      /^(error: too many arguments for '(?:status|break|acquire|wait)')/,
      '$1 (--on names where the locks are)',
    );
}

/** A bundle has no manifest beside it. */
function version(): string {
  try {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    return String((JSON.parse(text) as { version?: unknown }).version);
  } catch {
    return 'unknown';
  }
}
