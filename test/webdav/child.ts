import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Starts one of the scripts of this folder in a process of its own. They import what was built. */
export function startNode(script: string, args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Runs a script to its end, and resolves to what it wrote. */
export async function runNode(script: string, args: readonly string[]): Promise<string> {
  const child = startNode(script, args);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (code !== 0) throw new Error(`${script} ended with ${String(code)}: ${text}`);
  return text.trim();
}
