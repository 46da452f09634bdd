import { SignwaveError, shorten } from '@signwave/format';

/** Ask a server for a file. @throws {SignwaveError} `E_IO` if nobody answers; an abort throws the signal's reason. */
export async function fetchAnswer(address: string, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await fetch(address, signal ? { signal } : {});
  } catch (cause) {
    if (signal?.aborted) throw cause;
    // Browsers don't tell a page which of these reasons it was.
    const hint =
      'location' in globalThis
        ? '; a Content-Security-Policy needs its origin in connect-src, and another origin has to allow it (CORS)'
        : '';
    throw new SignwaveError(
      'E_IO',
      `${shorten(address)}: can't be fetched (${shorten((cause as Error).message)})${hint}`,
      { cause },
    );
  }
}

/** Read the file that a server answers with. @throws {SignwaveError} `E_IO` if the answer isn't the file, or is cut short. */
export async function readAnswer(
  response: Response,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!response.ok) {
    await response.body?.cancel?.();
    throw new SignwaveError('E_IO', `${name}: the server answered ${response.status} ${response.statusText}`.trim());
  }
  if (response.bodyUsed) {
    throw new SignwaveError('E_IO', `${name}: the Response was read already; pass a clone() of it`);
  }
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new SignwaveError('E_IO', `${name}: the download was cut (${(cause as Error).message}); fetch it again`, {
      cause,
    });
  }
}
