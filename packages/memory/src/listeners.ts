import type { VFSPath } from '@holdfast/vfs';

interface Listener {
  readonly path: VFSPath;
  readonly onChange: () => void;
  told: boolean;
}

/** Who wants to hear of changes in which directory. */
export class Listeners {
  readonly #all = new Set<Listener>();

  /** Returns what ends it; nothing is heard after that. */
  add(path: VFSPath, onChange: () => void): () => void {
    const listener: Listener = { path, onChange, told: false };
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  /** Several changes at once are told once, as on a real system; a listener never runs inside of the change itself. */
  tell(path: VFSPath): void {
    for (const listener of this.#all) {
      if (listener.path !== path || listener.told) continue;
      listener.told = true;
      queueMicrotask(() => {
        listener.told = false;
        if (this.#all.has(listener)) listener.onChange();
      });
    }
  }
}
