import { nameOf, shorten } from '@signwave/format';
import { checkOptions, FUNCTION, type Rules, SIGNAL, TEXT } from '../arguments.js';
import { type FetchProgress, fetchAnswer, readAnswer } from '../download.js';
import { SignwaveError } from '../index.js';
import { isLocalFile, readLocalFile } from '../local-file.js';
import { addressOf } from '../source.js';

export interface FetchOptions {
  /** Stops the download: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** This is called after each piece that arrives, but not for a copy from the cache. */
  readonly onProgress?: (progress: FetchProgress) => void;
  /** The file's SHA-256 in 64 hexadecimal digits: any other file is refused. This needs https or localhost. */
  readonly sha256?: string;
  /** The name of a cache of the browser (`caches.open`): a model that is in it is taken from there, without a network, and one that was
   *  fetched is put into it. By default there is none but the browser's own. */
  readonly cache?: string;
}

/** What {@link FetchOptions} may be. */
export const FETCH_RULES: Rules = {
  signal: SIGNAL,
  onProgress: FUNCTION,
  sha256: ['64 hexadecimal digits', (value) => /^[0-9a-f]{64}$/i.test(String(value))],
  cache: TEXT,
};

/** Bytes 4 to 7 of a model file: format/SPEC.md 2.1. */
const FILE_IDENTIFIER = 'SGNW';

/**
 * Download a model file in one piece, so the server need not know ranges. Outside of pages an address may be a path.
 *
 * @returns the bytes, for `load` or `createWorkerModel`.
 * @throws {SignwaveError} `E_IO` if the file can't be fetched, is cut short or is above 1 GiB; `E_FORMAT_CHECKSUM` if it has another SHA-256;
 *   `E_USAGE` if `address` is no address, or there is no such option; `E_ENGINE` if a SHA-256 is given and the page is in no secure context. An abort
 *   throws the signal's reason.
 */
export async function fetchModel(address: URL | string, options: FetchOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  checkOptions('fetchModel', options, FETCH_RULES);
  const text = addressOf(address);
  if (text === undefined) {
    throw new SignwaveError('E_USAGE', `fetchModel takes an address (string or URL), got ${nameOf(address)}`);
  }
  return download(text, options);
}

/** Do what {@link fetchModel} does, with arguments that are checked already. */
export async function download(address: string, options: FetchOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { cache: cacheName, onProgress, sha256, signal } = options;
  signal?.throwIfAborted();
  if (isLocalFile(address)) {
    const file = await readLocalFile(address, signal);
    onProgress?.({ loadedBytes: file.length, totalBytes: file.length });
    if (sha256 !== undefined) await checkSha256(file, sha256, shorten(address));
    return file;
  }
  const cache = cacheName === undefined ? undefined : await openCache(cacheName);
  const cached = await cache?.match(address);
  if (cached) {
    const bytes = new Uint8Array(await cached.arrayBuffer());
    if (!sha256 || (await sha256Of(bytes)) === sha256.toLowerCase()) return bytes;
    await cache?.delete(address); // another version of the model, or damaged: the network may have the right one
  }
  const bytes = await readAnswer(await fetchAnswer(address, signal), shorten(address), signal, onProgress);
  if (sha256) await checkSha256(bytes, sha256, shorten(address));
  // An error page that came with status 200 must not stay.
  if (cache && startsLikeModel(bytes)) await cache.put(address, new Response(bytes));
  return bytes;
}

async function openCache(name: string): Promise<Cache | undefined> {
  // There are no caches outside of secure contexts or where the user blocks storage. Then we do without: a cache is a convenience.
  return globalThis.caches?.open(name).catch(() => undefined);
}

function startsLikeModel(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(4, 8)) === FILE_IDENTIFIER;
}

/** Compare bytes with the SHA-256 that they should have. @throws {SignwaveError} `E_FORMAT_CHECKSUM` if they have another. */
export async function checkSha256(bytes: Uint8Array<ArrayBuffer>, expected: string, name: string): Promise<void> {
  const found = await sha256Of(bytes);
  if (found === expected.toLowerCase()) return;
  throw new SignwaveError(
    'E_FORMAT_CHECKSUM',
    `${name} has SHA-256 ${found}, expected ${expected}: it is another version of the model, or was changed on its way`,
  );
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (!globalThis.crypto?.subtle) {
    throw new SignwaveError(
      'E_ENGINE',
      'a SHA-256 was asked for, which a browser computes only on pages from https or localhost',
    );
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
