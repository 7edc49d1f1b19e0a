import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Gives `work` a new folder within `parent`, and removes it afterwards. */
export async function within(parent, work) {
  const own = mkdtempSync(join(parent, 'holdfast-bench-'));
  try {
    return await work(own);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}
