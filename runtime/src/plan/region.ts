import { SignwaveError } from '@signwave/format';

/**
 * A contiguous piece of the WebAssembly memory. Its address isn't part of it; `placement.ts` assigns one.
 *
 * - `constant`: is written once when the model is loaded, from `data` or by load steps.
 * - `fixed`: is zero when the model is loaded, and keeps its contents between runs; for maps whose border or gaps must stay zero.
 * - `map`: only holds something from the first step that writes it to the last that reads it. Maps that don't live at the same time share
 *   memory.
 * - `scratch`: holds nothing between steps. All scratch of one name shares memory.
 */
export interface Region {
  readonly kind: 'constant' | 'fixed' | 'map' | 'scratch';
  readonly sizeBytes: number;
  readonly data?: Uint8Array;
}

export interface Pointer {
  readonly region: Region;
  readonly offsetBytes: number;
}

export function pointer(region: Region, offsetBytes = 0): Pointer {
  return { region, offsetBytes };
}

/** Gives what lies `bytes` behind a pointer. */
export function behind({ region, offsetBytes }: Pointer, bytes: number): Pointer {
  return pointer(region, offsetBytes + bytes);
}

/** @throws {SignwaveError} `E_ENGINE` if a model needs more than `most` bytes of memory. */
export function checkMemory(bytes: number, most: number): void {
  if (bytes > most) {
    throw new SignwaveError('E_ENGINE', `the model needs ${bytes} bytes of memory, at most ${most} are possible`);
  }
}
