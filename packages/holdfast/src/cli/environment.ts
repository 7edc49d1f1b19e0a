/** What begins like this is meant for this program: places, passwords, and what it tells its command. */
const OURS = /^HOLDFAST_/i;

/** Names what was kept back, so that a `holdfast` below does not take its absence for "not set". */
const WITHHELD = 'HOLDFAST_WITHHELD';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment of a command: this one's, without the place and the passwords of `holdfast run`, which are none of the
 * command's business and would show in whatever it starts or logs.
 *
 * @param passed names of variables that it gets all the same, or whether it gets all
 * @param told what it is told of the lock
 */
export function commandEnvironment(
  own: Environment,
  passed: readonly string[] | boolean,
  told: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  const withheld = new Set(withheldNames(own));
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined) continue;
    if (!OURS.test(name) || passed === true || (passed !== false && passed.includes(name))) {
      environment[name] = value;
      withheld.delete(name);
    } else if (name !== WITHHELD && !(name in told)) {
      withheld.add(name);
    }
  }
  delete environment[WITHHELD];
  Object.assign(environment, told);
  if (withheld.size > 0) environment[WITHHELD] = [...withheld].join(',');
  return environment;
}

/** The variables that a `holdfast run` above this process did not hand on. */
export function withheldNames(own: Environment): string[] {
  return own[WITHHELD]?.split(',') ?? [];
}
