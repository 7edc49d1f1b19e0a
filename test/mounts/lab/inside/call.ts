import { perform as performCall, type VFS } from '@holdfast/vfs';

/** A bare operation of a VFS, as JSON. Bytes are base64, times are milliseconds since the epoch. */
export type WireCall =
  | { readonly op: 'mkdir' | 'readFile' | 'ls' | 'stat' | 'rm'; readonly path: string }
  | { readonly op: 'writeFile'; readonly path: string; readonly data: string; readonly exclusive: boolean }
  | { readonly op: 'chtimes'; readonly path: string; readonly atimeMs: number; readonly mtimeMs: number }
  | { readonly op: 'rename'; readonly path: string; readonly to: string };

/** What it resolves to: a listing, what there is at a path, base64, or nothing. */
export type WireResult = unknown;

/** Makes the call that `call` stands for. */
export async function perform(vfs: VFS, call: WireCall, signal: AbortSignal): Promise<WireResult> {
  const { path } = call;
  const options = { signal };
  switch (call.op) {
    case 'readFile':
      return Buffer.from(await vfs.readFile(path, options)).toString('base64');
    case 'writeFile':
      return vfs.writeFile(path, Buffer.from(call.data, 'base64'), { signal, exclusive: call.exclusive });
    case 'chtimes':
      return vfs.chtimes(path, new Date(call.atimeMs), new Date(call.mtimeMs), options);
    case 'rename':
      return vfs.rename(path, call.to, options);
    default:
      return performCall(vfs, { ...call, options });
  }
}
