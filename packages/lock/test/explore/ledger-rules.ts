import type { Effect, Grant, Rule, Sharing, StorageView } from '@holdfast/testkit/explore';

export interface LedgerRuleOptions {
  /** Actors that are no `Lock`s of today, such as the late calls of a former ledger. What they do is not judged. */
  readonly lawless?: readonly string[];
  /** Whether others than its owner may mark a claim free that lives, as `breakLock` does. Default `false`. */
  readonly mayBreak?: boolean;
  /** As that of the scenario. Default `nobody`. */
  readonly sharing?: Sharing;
}

/**
 * What must never be done to the ledger of a `Lock`, whatever else happens:
 * - nobody makes a number again while anything of the claim before stands, unless a floor says so;
 * - nothing is removed but what is over at or below a floor, each claim before its marks; floors but for the last eight;
 *   `look.*` entries; and superseded beats by whose they are. An origin never;
 * - nobody writes under the number of another: but free marks of claims whose owner something has happened to, floors by
 *   who has a claim above, and what a detached claim is taken up with. Nor under one that nobody has claimed;
 * - nobody is granted what is not a standing claim of its own, nor before a claim that was made earlier, is in its way,
 *   and whose owner is in health.
 *
 * @param directory of the lock, such as `/lockfile-deploy`
 */
export function ledgerRules(directory: string, options: LedgerRuleOptions = {}): () => readonly Rule[] {
  return () => [new LedgerRule(`${directory}/`, options)];
}

const FLOORS_KEPT = 8;

/** Who made a claim, and how things stood then. */
interface Made {
  /** The maker, and whoever has taken it up since. */
  readonly owners: readonly string[];
  /** A higher number had been made before. */
  readonly late: boolean;
  /** A floor was at or above it. */
  readonly closed: boolean;
}

interface Name {
  readonly number: number;
  /** `''` for the claim itself. */
  readonly kind: string;
  readonly rest: string;
}

class LedgerRule implements Rule {
  readonly #prefix: string;
  readonly #lawless: ReadonlySet<string>;
  readonly #mayBreak: boolean;
  readonly #sharing: Sharing;
  readonly #made = new Map<number, Made>();

  constructor(prefix: string, { lawless = [], mayBreak = false, sharing = 'nobody' }: LedgerRuleOptions) {
    this.#prefix = prefix;
    this.#lawless = new Set(lawless);
    this.#mayBreak = mayBreak;
    this.#sharing = sharing;
  }

  judge({ actor, call, ok }: Effect, storage: StorageView): string | undefined {
    if (!ok || actor === '*' || this.#lawless.has(actor)) return undefined;
    if (call.op === 'rm') return this.#judgeRemoval(actor, call.path, storage);
    if (call.op === 'rename') return `${actor} renames ${call.path}`;
    const name = this.#nameOf(madeBy(call));
    return name && this.#judgeMaking(actor, name, storage);
  }

  judgeGrant({ actor, token, mode, permits }: Grant, storage: StorageView): string | undefined {
    if (storage.harmed(actor)) return undefined;
    const made = this.#made.get(token);
    if (made?.owners.includes(actor) !== true) return `${actor} was granted ${token}, which is not its claim`;
    const at = (suffix: string): boolean => storage.has(`${this.#prefix}${digits(token)}${suffix}`);
    if (!at('') || at('.free')) return `${actor} was granted ${token}, which does not stand`;
    const before = this.#standing(storage).filter(
      (number) => number < token && this.#isHealthy(number, storage),
    );
    const way = this.#inTheWay(before, { mode, permits }, storage);
    return way.length === 0 ? undefined : `${actor} was granted ${token} before ${way.join(' and ')}`;
  }

  /** Who made which claim: it is the owner, also where nobody was told. */
  remember({ actor, call, ok }: Effect, storage: StorageView): () => void {
    const name = ok ? this.#nameOf(madeBy(call)) : undefined;
    if (name === undefined || (name.kind !== '' && name.kind !== 'attached')) return () => undefined;
    const { number } = name;
    const before = this.#made.get(number);
    if (name.kind === 'attached') {
      if (before === undefined || before.owners.includes(actor)) return () => undefined;
      this.#made.set(number, { ...before, owners: [...before.owners, actor] });
    } else {
      const late = [...this.#made.keys()].some((other) => other > number);
      this.#made.set(number, { owners: [actor], late, closed: this.#floor(storage) >= number });
    }
    return () => {
      if (before === undefined) this.#made.delete(number);
      else this.#made.set(number, before);
    };
  }

  get memory(): string {
    return [...this.#made]
      .map(
        ([number, { owners, late, closed }]) => `${number}${owners.join('')}${Number(late)}${Number(closed)}`,
      )
      .sort()
      .join(' ');
  }

  #judgeMaking(actor: string, { number, kind, rest }: Name, storage: StorageView): string | undefined {
    const made = this.#made.get(number);
    const what = `${number}${kind && `.${kind}`}${rest && `.${rest}`}`;
    switch (kind) {
      case '': {
        const remains = this.#marksOf(number, storage).length > 0;
        return made !== undefined && remains && this.#floor(storage) < number
          ? `${actor} makes ${what} again, of which something stands`
          : undefined;
      }
      case 'origin':
        return undefined;
      case 'floor': {
        const above = [...this.#made].some(([other, { owners }]) => other > number && owners.includes(actor));
        return above ? undefined : `${actor} makes ${what} and has no claim above it`;
      }
      case 'attached':
        return made === undefined ? `${actor} makes ${what}, which nobody has claimed` : undefined;
      default: {
        if (made === undefined) {
          const prepared = kind === 'free' && storage.has(`${this.#prefix}${digits(number)}`);
          return prepared ? undefined : `${actor} makes ${what}, which nobody has claimed`;
        }
        if (made.owners.includes(actor)) return undefined;
        const passed = kind === 'free' && (this.#mayBreak || !this.#isHealthy(number, storage));
        return passed ? undefined : `${actor} makes ${what}, which belongs to ${made.owners.join(' and ')}`;
      }
    }
  }

  #judgeRemoval(actor: string, path: string, storage: StorageView): string | undefined {
    const name = this.#nameOf(path);
    if (name === undefined) return undefined;
    const { number, kind, rest } = name;
    const what = `${actor} removes ${number}${kind && `.${kind}`}${rest && `.${rest}`}`;
    const stands = storage.has(`${this.#prefix}${digits(number)}`);
    switch (kind) {
      case 'origin':
        return what;
      case 'floor': {
        const higher = this.#namesIn(storage).filter(
          (other) => other.kind === 'floor' && other.number > number,
        );
        return higher.length >= FLOORS_KEPT
          ? undefined
          : `${what}, and only ${higher.length} floors are above it`;
      }
      case '': {
        if (this.#floor(storage) < number) return `${what}, above every floor`;
        const free = storage.has(`${this.#prefix}${digits(number)}.free`);
        return free ? undefined : `${what}, which is not over`;
      }
      default: {
        const made = this.#made.get(number);
        if (made?.owners.includes(actor) === true && this.#isSuperseded(name, storage)) return undefined;
        if (this.#floor(storage) < number) return `${what}, above every floor`;
        return stands && made?.closed !== true ? `${what}, whose claim stands` : undefined;
      }
    }
  }

  /** Whether a beat, or what a leader has published, was followed by another one. */
  #isSuperseded({ number, kind, rest }: Name, storage: StorageView): boolean {
    if (kind !== 'beat' && kind !== 'value') return false;
    const countOf = (of: string): number => Number(of.split('.').at(kind === 'beat' ? 1 : 0) ?? 0);
    return this.#namesIn(storage).some(
      (other) => other.number === number && other.kind === kind && countOf(other.rest) > countOf(rest),
    );
  }

  /** Those of `before` that keep a claim which asks for so much from being granted. */
  #inTheWay(
    before: readonly number[],
    { mode, permits }: Pick<Grant, 'mode' | 'permits'>,
    storage: StorageView,
  ): readonly number[] {
    const sharing = this.#sharing;
    if (typeof sharing === 'object') {
      const taken = before.reduce(
        (sum, number) => sum + this.#permitsOf(number, storage, sharing.permits),
        permits,
      );
      return taken <= sharing.permits ? [] : before;
    }
    if (sharing === 'nobody' || mode === 'exclusive') return before;
    return before.filter((number) => !storage.has(`${this.#prefix}${digits(number)}.shared`));
  }

  #permitsOf(number: number, storage: StorageView, all: number): number {
    const takes = this.#namesIn(storage).find((name) => name.number === number && name.kind === 'takes');
    return takes === undefined ? all : Number(takes.rest);
  }

  /** Claims that are not over, and that were made in their turn. */
  #standing(storage: StorageView): number[] {
    return this.#namesIn(storage)
      .filter(({ number, kind }) => kind === '' && this.#made.get(number)?.late === false)
      .map(({ number }) => number)
      .filter((number) => !storage.has(`${this.#prefix}${digits(number)}.free`));
  }

  /** Whether nothing has happened to the owner of `number` that excuses that others pass it. */
  #isHealthy(number: number, storage: StorageView): boolean {
    const owners = this.#made.get(number)?.owners ?? [];
    const detached = this.#marksOf(number, storage).some(({ kind }) => kind === 'detached');
    if (owners.length === 0 || detached) return false;
    return !owners.some((owner) => this.#lawless.has(owner) || storage.harmed(owner));
  }

  #floor(storage: StorageView): number {
    const closing = this.#namesIn(storage).filter(({ kind }) => kind === 'floor' || kind === 'origin');
    return Math.max(0, ...closing.map(({ number }) => number));
  }

  #marksOf(number: number, storage: StorageView): Name[] {
    return this.#namesIn(storage).filter((name) => name.number === number && name.kind !== '');
  }

  #namesIn(storage: StorageView): Name[] {
    return [...storage.paths()].flatMap((path) => this.#nameOf(path) ?? []);
  }

  #nameOf(path: string | undefined): Name | undefined {
    if (path?.startsWith(this.#prefix) !== true) return undefined;
    const parts = /^(\d{16})(?:\.([a-z]+)(?:\.(.+))?)?$/.exec(path.slice(this.#prefix.length));
    return parts === null
      ? undefined
      : { number: Number(parts[1]), kind: parts[2] ?? '', rest: parts[3] ?? '' };
  }
}

/** The path that a call makes, or writes. */
function madeBy(call: Effect['call']): string | undefined {
  switch (call.op) {
    case 'mkdir':
    case 'writeFile':
      return call.path;
    case 'link':
      return call.to;
    default:
      return undefined;
  }
}

function digits(number: number): string {
  return String(number).padStart(16, '0');
}
