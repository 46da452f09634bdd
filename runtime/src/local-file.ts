import { builtin, shorten } from '@signwave/format';
import { checkModelSize } from './model-size.js';
import { orReadError } from './read-error.js';

/** The part of Node's file system that is used here. Deno and Bun have it, too. */
interface Files {
  stat(path: URL | string): Promise<{ readonly size: number; isFile(): boolean }>;
  readFile(path: URL | string, options: { readonly signal?: AbortSignal }): Promise<Uint8Array<ArrayBuffer>>;
}

/** Whether an address is a path or a file: URL. Outside of pages it is, unless it begins with http:, https:, data: or blob:. */
export function isLocalFile(address: string): boolean {
  const { location, process } = globalThis as {
    location?: unknown;
    process?: { readonly versions?: { readonly node?: string } };
  };
  return !location && process?.versions?.node !== undefined && !/^(https?|data|blob):/i.test(address);
}

/** Read a file of this machine. @throws {SignwaveError} `E_IO` if it can't be read or is above 1 GiB; an abort throws the signal's reason. */
export function readLocalFile(address: string, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const hint = "; a path is all that doesn't begin with http:, https:, data: or blob:";
  return orReadError(shorten(address), signal, hint, async () => {
    // An import of the file system would make every bundler for pages stumble.
    const files = builtin<{ promises: Files }>('node:fs')?.promises;
    if (!files) throw new Error('before Node 20.16 and 22.3 read it yourself: load(await readFile(path))');
    const path = /^file:/i.test(address) ? new URL(address) : address;
    const status = await files.stat(path);
    // A pipe or a device would be waited for, or never end.
    if (!status.isFile()) throw new Error('it is no plain file');
    checkModelSize(address, status.size);
    const { buffer, byteOffset, byteLength } = await files.readFile(path, signal ? { signal } : {});
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
}
