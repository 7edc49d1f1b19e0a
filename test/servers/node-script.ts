import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Starts a script that imports what was built, in a process of its own. `input` goes into INPUT, as JSON. */
export function startScript(script: URL, input: unknown): ChildProcess {
  return spawn(process.execPath, [fileURLToPath(script)], {
    env: { ...process.env, INPUT: JSON.stringify(input) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Runs a script to its end, and resolves to what it wrote. */
export async function runScript(script: URL, input: unknown): Promise<string> {
  const child = startScript(script, input);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (code !== 0) throw new Error(`${script.pathname} ended with ${String(code)}: ${text}`);
  return text.trim();
}
