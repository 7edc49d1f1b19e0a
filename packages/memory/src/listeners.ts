import type { OnChange, VFSPath } from '@holdfast/vfs';

interface Listener {
  readonly path: VFSPath;
  readonly onChange: OnChange;
  /** What is still to be told; `undefined` for a change of the watched itself. */
  readonly news: Set<string | undefined>;
}

/** Who wants to hear of changes at which path. */
export class Listeners {
  readonly #byPath = new Map<VFSPath, Set<Listener>>();

  get areThere(): boolean {
    return this.#byPath.size > 0;
  }

  /** Returns what ends it; nothing is heard after that. */
  add(path: VFSPath, onChange: OnChange): () => void {
    const listener: Listener = { path, onChange, news: new Set() };
    const here = this.#byPath.get(path) ?? new Set();
    this.#byPath.set(path, here.add(listener));
    return () => {
      here.delete(listener);
      listener.news.clear();
      if (here.size === 0 && this.#byPath.get(path) === here) this.#byPath.delete(path);
    };
  }

  /**
   * Tells of a change at `path`, or of `name` in it. Several changes of one name at once are told once, as on a real
   * system; a listener never runs inside of the change itself.
   */
  tell(path: VFSPath, name?: string): void {
    for (const { news, onChange } of this.#byPath.get(path) ?? []) {
      if (news.add(name).size > 1) continue;
      queueMicrotask(() => {
        const names = [...news];
        for (const each of names) {
          // Cleared when it was ended meanwhile.
          if (news.delete(each)) onChange(each);
        }
      });
    }
  }
}
