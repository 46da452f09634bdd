import { SignwaveError, shorten } from '@signwave/format';
import { announcedBytes, checkModelSize } from './model-size.js';
import { orReadError } from './read-error.js';

export interface FetchProgress {
  readonly loadedBytes: number;
  /** This is undefined where the server doesn't say it, or compresses the file. */
  readonly totalBytes: number | undefined;
}

/** Ask a server for a file. @throws {SignwaveError} `E_IO` if nobody answers; an abort throws the signal's reason. */
export function fetchAnswer(address: string, signal: AbortSignal | undefined): Promise<Response> {
  // Browsers don't tell a page which of these reasons it was.
  const hint =
    'location' in globalThis
      ? '; a Content-Security-Policy needs its origin in connect-src, and another origin has to allow it (CORS)'
      : '';
  return orReadError(shorten(address), signal, hint, () => fetch(address, signal ? { signal } : {}));
}

/**
 * Read the file that a server answers with, in pieces: a server may send without end, or a small file that unpacks to a huge one.
 *
 * @throws {SignwaveError} `E_IO` if the answer isn't the file, is cut short, or is above 1 GiB; an abort throws the signal's reason.
 */
export async function readAnswer(
  response: Response,
  name: string,
  signal: AbortSignal | undefined,
  onProgress?: (progress: FetchProgress) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const { body, ok, status, statusText } = response;
  if (response.bodyUsed || body?.locked) {
    throw new SignwaveError('E_IO', `${name}: the Response was read already; pass a clone() of it`);
  }
  const reader = body?.getReader?.();
  return orReadError(name, signal, '; fetch it again', async () => {
    if (!ok) throw new SignwaveError('E_IO', `${name}: the server answered ${status} ${statusText}`.trim());
    const totalBytes = announcedBytes(response);
    // A fetch that isn't the browser's own may give its answer in one piece only.
    if (!reader) return new Uint8Array(await response.arrayBuffer());
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let loadedBytes = 0;
    for (;;) {
      checkModelSize(name, Math.max(loadedBytes, totalBytes ?? 0));
      const { value } = await reader.read();
      if (!value) break;
      pieces.push(value);
      loadedBytes += value.length;
      onProgress?.({ loadedBytes, totalBytes });
    }
    if (loadedBytes < totalBytes!) throw new Error(`${loadedBytes} of ${totalBytes} bytes came`);
    return new Uint8Array(await new Blob(pieces).arrayBuffer());
  }).finally(() => reader?.cancel().catch(() => undefined));
}
