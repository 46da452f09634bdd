import { setTimeout as sleep } from 'node:timers/promises';
import { systemReason } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';

/** Bytes of the longest image that is taken from a server. */
const MAX_BYTES = 2 ** 26;
const TIMEOUT_MS = 30_000;
/** Waits before the second, third and fourth attempt. */
const WAITS_MS = [250, 1000, 4000];

/**
 * Fetches an image. A server that doesn't answer, or says that it is busy (429) or broken (5xx), is asked again, up to four times.
 *
 * @throws {SignwaveError} `E_IO` if it isn't got, or is longer than 64 MiB.
 */
export async function fetchImage(address: string): Promise<Uint8Array> {
  if (!/^https?:/i.test(address) || !URL.canParse(address)) {
    throw new SignwaveError('E_IO', `${address} is no address that begins with http: or https:`);
  }
  for (let attempt = 0; ; attempt++) {
    const outcome = await tryFetch(address);
    if (outcome instanceof Uint8Array) return outcome;
    const waitMs = outcome.isFinal ? undefined : WAITS_MS[attempt];
    if (waitMs === undefined) {
      const attempts = attempt === 0 ? '' : ` (${attempt + 1} attempts)`;
      throw new SignwaveError('E_IO', `${address} can't be fetched: ${outcome.reason}${attempts}`);
    }
    await sleep(waitMs);
  }
}

/** Why an attempt failed. */
interface Failure {
  readonly reason: string;
  /** Whether another attempt would fail in the same way. */
  readonly isFinal: boolean;
}

async function tryFetch(address: string): Promise<Uint8Array | Failure> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { ok, status, statusText, body } = response;
    if (!ok || !body) {
      await body?.cancel();
      return { reason: `the server answered ${status} ${statusText}`.trim(), isFinal: status < 500 && status !== 429 };
    }
    const pieces: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const piece of body) {
      sizeBytes += piece.length;
      // Leaving the loop ends the transfer.
      if (sizeBytes > MAX_BYTES) return { reason: `it is longer than ${MAX_BYTES} bytes`, isFinal: true };
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } catch (error) {
    return { reason: systemReason((error as Error).cause ?? error), isFinal: false };
  }
}
