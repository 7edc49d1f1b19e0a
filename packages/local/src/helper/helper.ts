import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Refusal } from '../errors.js';
import { HelperProcess, notStarted } from './helper-process.js';
import type { AnswerOf, ArgumentsOf, OperationName } from '../operations/operations.js';
import type { RootConfig } from '../root-config.js';

/** Starts the helper process; a test passes its own. */
export type StartHelper = (threads: number) => ChildProcess;

/** Tells whose rights this process has at the moment; a test passes its own. */
export type TellRights = () => string;

/**
 * Makes calls on a mount in a process of their own.
 *
 * A call that hangs in the kernel occupies its thread until the server answers, and Node waits for every thread before
 * it ends: one such call in this process would keep `process.exit` from ever ending it.
 */
export class Helper {
  readonly #threads: number;
  readonly #start: StartHelper;
  readonly #rightsNow: TellRights;
  /** By the rights they were started with. All but one only finish what they were ordered. */
  readonly #processes = new Map<string, HelperProcess>();

  constructor(threads: number, start: StartHelper = startHelper, rightsNow: TellRights = ownRights) {
    this.#threads = threads;
    this.#start = start;
    this.#rightsNow = rightsNow;
  }

  async run<N extends OperationName>(
    config: RootConfig,
    name: N,
    rest: ArgumentsOf<N>,
  ): Promise<AnswerOf<N>> {
    let chosen: HelperProcess;
    try {
      chosen = this.#withOwnRights();
    } catch (error) {
      // As after every failure of a helper, all else has its turn first.
      await new Promise((resolve) => setImmediate(resolve));
      throw notStarted(error);
    }
    return chosen.order(config, name, rest);
  }

  /** Ends the process once it has nothing left to do. A call that hangs may put that off to the end of this process. */
  dismiss(): void {
    for (const process of this.#processes.values()) process.endWhenDone();
  }

  /** A process keeps the user and groups it was started with. Where this one gave up some, it must not lend them on. */
  #withOwnRights(): HelperProcess {
    const rights = this.#rightsNow();
    for (const [others, process] of this.#processes) {
      if (others !== rights) process.endWhenDone();
      if (!process.takesOrders) this.#processes.delete(others);
    }
    let own = this.#processes.get(rights);
    if (own === undefined) {
      own = new HelperProcess(this.#start(this.#threads));
      this.#processes.set(rights, own);
    }
    return own;
  }
}

/** Starts the program of the helper, which lies beside this `module`. */
export function startHelper(threads: number, module: string | undefined = import.meta.url): ChildProcess {
  const program = programBeside(module);
  if (program === undefined) {
    throw new Refusal(
      'ECONN',
      'the helper process for the mount did not start: its program helper-main.js is not there',
      'Where the package is bundled, keep @holdfast/local out of the bundle (external), or pass { isolate: false }',
    );
  }
  const { NODE_OPTIONS: _, ...environment } = process.env;
  return fork(program, {
    // Neither a debugger's port nor a loader of the parent's is for the child.
    execArgv: [],
    env: { ...environment, UV_THREADPOOL_SIZE: String(threads) },
    serialization: 'advanced',
    // A working directory on a mount that hangs would hang the start.
    cwd: process.platform === 'win32' ? undefined : '/',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** A bundle holds a copy of this module, and nothing beside it; one that is not of ES modules does not tell where it is. */
function programBeside(module: string | undefined): string | undefined {
  if (module === undefined) return undefined;
  // Run from its sources, as the tests do, the package uses what was built of the helper.
  const program = fileURLToPath(
    new URL(module.endsWith('.ts') ? '../../dist/helper/helper-main.js' : './helper-main.js', module),
  );
  return existsSync(program) ? program : undefined;
}

/** The user and groups that decide what this process may do. Windows cannot change them. */
function ownRights(): string {
  const { getuid, geteuid, getgid, getegid, getgroups } = process;
  return [getuid, geteuid, getgid, getegid, getgroups].map((ask) => ask?.().toString()).join(' ');
}
