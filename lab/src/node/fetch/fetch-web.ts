import { collectBody, type Failure } from './attempt.js';

/** Bytes of an error's page that are read, so that its connection can be used again. */
const MAX_PASSED_BYTES = 2 ** 16;

/** Fetches an image from an http or https address once. @throws {Error} if the connection fails. */
export async function fetchWeb(url: URL, signal: AbortSignal): Promise<Uint8Array | Failure> {
  const { ok, status, statusText, headers, body } = await fetch(url, { signal });
  if (!ok || !body) {
    await passOver(body);
    return { reason: `the server answered ${status} ${statusText}`.trim(), isFinal: status < 500 && status !== 429 };
  }
  // The length of what a server packed says nothing about what it is unpacked; fetch itself misses what doesn't come of it.
  const isPacked = headers.has('content-encoding');
  return collectBody(body, isPacked ? undefined : lengthOf(headers));
}

function lengthOf(headers: Headers): number | undefined {
  const length = headers.get('content-length');
  return length === null ? undefined : Number(length);
}

async function passOver(body: AsyncIterable<Uint8Array> | null): Promise<void> {
  let sizeBytes = 0;
  for await (const piece of body ?? []) {
    sizeBytes += piece.length;
    if (sizeBytes > MAX_PASSED_BYTES) return;
  }
}
