import type { VFS } from '@holdfast/vfs';
import { localVFS } from '@holdfast/local';
import { refused } from './refused.js';
import type { OpenOptions } from './schemes.js';

export async function openFile(url: URL, options: OpenOptions): Promise<VFS> {
  if (url.hash !== '') {
    throw refused('file:', 'a # ends the path of a URL', 'Write %23 for a # in the name of a folder');
  }
  const inURL = Object.fromEntries([...url.searchParams].map(([name, text]) => [name, valueOf(text)]));
  // Whatever is in there, localVFS checks it and says what it takes.
  return localVFS(url, { ...inURL, ...options });
}

function valueOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
