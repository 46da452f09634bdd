import { SignwaveError } from '../index.js';
import { announcedBytes, checkModelSize } from '../model-size.js';

export interface FetchProgress {
  readonly loadedBytes: number;
  /** Undefined where the server doesn't say it, or compresses the file. */
  readonly totalBytes: number | undefined;
}

export interface FetchOptions {
  /** Stops the download: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each piece that arrives; not for a copy from the cache. */
  readonly onProgress?: (progress: FetchProgress) => void;
  /** SHA-256 of the file, 64 hexadecimal digits: anything else is refused. Needs https or localhost. */
  readonly sha256?: string;
  /** Name of a cache of the browser (`caches.open`): a model that is in it is taken from there, without a network; one that was fetched
   *  is put into it. Default: none but the browser's own. */
  readonly cache?: string;
}

/** format/SPEC.md 2.1. */
const FILE_IDENTIFIER = 'SGNW';

/**
 * Download a model file, in one piece: it needs no server that knows ranges.
 *
 * @returns the bytes, for `load` or `createWorkerModel`.
 * @throws {SignwaveError} `E_IO` if it can't be fetched, is cut short or above 1 GiB; `E_FORMAT_CHECKSUM` if it hasn't the SHA-256;
 *   `E_ENGINE` where SHA-256 was asked for and the page is in no secure context. An abort throws the signal's reason.
 */
export async function fetchModel(address: URL | string, options: FetchOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { cache: cacheName, sha256, signal } = options;
  signal?.throwIfAborted();
  const cache = cacheName === undefined ? undefined : await openCache(cacheName);
  const cached = await cache?.match(address);
  if (cached) {
    const bytes = new Uint8Array(await cached.arrayBuffer());
    if (!sha256 || (await sha256Of(bytes)) === sha256.toLowerCase()) return bytes;
    await cache?.delete(address); // another version of the model, or damaged: the network may have the right one
  }
  const bytes = await download(address, options);
  if (sha256) await checkSha256(bytes, sha256, String(address));
  // An error page that came with status 200 must not stay.
  if (cache && startsLikeModel(bytes)) await cache.put(address, new Response(bytes));
  return bytes;
}

async function openCache(name: string): Promise<Cache | undefined> {
  // Absent outside of secure contexts, and refused where the user blocks storage: a cache is a convenience.
  return globalThis.caches?.open(name).catch(() => undefined);
}

async function download(address: URL | string, { signal, onProgress }: FetchOptions): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  try {
    response = await fetch(address, signal ? { signal } : {});
  } catch (cause) {
    throw failed(address, cause, signal);
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new SignwaveError('E_IO', `${address}: the server answered ${response.status} ${response.statusText}`.trim());
  }
  const totalBytes = announcedBytes(response);
  await cancelIfTooLarge(address, totalBytes ?? 0, response.body!);
  const pieces: Uint8Array[] = [];
  let loadedBytes = 0;
  const reader = response.body!.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      loadedBytes += value.length;
      // A server that never stops.
      await cancelIfTooLarge(address, loadedBytes, reader);
      onProgress?.({ loadedBytes, totalBytes });
    }
  } catch (cause) {
    throw failed(address, cause, signal);
  }
  if (totalBytes !== undefined && loadedBytes !== totalBytes) {
    throw new SignwaveError(
      'E_IO',
      `${address}: the download ended after ${loadedBytes} of ${totalBytes} bytes; fetch it again`,
    );
  }
  const bytes = new Uint8Array(loadedBytes);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

async function cancelIfTooLarge(
  address: URL | string,
  sizeBytes: number,
  body: { cancel(): Promise<void> },
): Promise<void> {
  try {
    checkModelSize(String(address), sizeBytes);
  } catch (error) {
    await body.cancel();
    throw error;
  }
}

function failed(address: URL | string, cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (cause instanceof SignwaveError) return cause;
  return new SignwaveError('E_IO', `${address}: can't be fetched (${(cause as Error).message})`, { cause });
}

function startsLikeModel(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(4, 8)) === FILE_IDENTIFIER;
}

async function checkSha256(bytes: Uint8Array<ArrayBuffer>, expected: string, name: string): Promise<void> {
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
