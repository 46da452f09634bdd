import { setTimeout as sleep } from 'node:timers/promises';
import { systemReason } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { SetupError } from '../../index.js';
import { type Failure, withinTime } from './attempt.js';
import { fetchWeb } from './fetch-web.js';
import { type ImageAddress, parseImageAddress } from './image-address.js';
import { type GetObject, openS3 } from './s3.js';

const TIMEOUT_MS = 30_000;
/** Waits before the second, third and fourth attempt. */
const WAITS_MS = [250, 1000, 4000];

/** Fetches images from http, https and s3 addresses; connections are used again. */
export class ImageFetcher {
  #s3: Promise<GetObject | Failure> | undefined;

  /**
   * Fetches an image. A server that doesn't answer in time, ends early, or says that it is busy (429) or broken (5xx), is asked again, up to four
   * times.
   *
   * @returns its bytes, and how texts call its address: without what may be secret.
   * @throws {SignwaveError} `E_IO` if it isn't got, or is longer than 64 MiB; a {@link SetupError} if no object could be got here.
   */
  async fetch(text: string): Promise<{ readonly bytes: Uint8Array; readonly shown: string }> {
    const address = parseImageAddress(text);
    const { shown } = address;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#try(address);
      if (outcome instanceof Uint8Array) return { bytes: outcome, shown };
      const { reason, isFinal, setup } = outcome;
      const waitMs = isFinal ? undefined : WAITS_MS[attempt];
      if (waitMs === undefined) {
        const attempts = attempt === 0 ? '' : ` (${attempt + 1} attempts)`;
        const message = `${shown} can't be fetched: ${reason}${attempts}`;
        throw setup ? new SetupError(setup, message) : new SignwaveError('E_IO', message);
      }
      await sleep(waitMs);
    }
  }

  async #try(address: ImageAddress): Promise<Uint8Array | Failure> {
    try {
      return await withinTime(TIMEOUT_MS, async (signal) => {
        if ('url' in address) return fetchWeb(address.url, signal);
        this.#s3 ??= openS3();
        const getObject = await this.#s3;
        return typeof getObject === 'function' ? getObject(address.bucket, address.key, signal) : getObject;
      });
    } catch (error) {
      return { reason: systemReason((error as Error).cause ?? error), isFinal: false };
    }
  }
}
