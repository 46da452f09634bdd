import { nameOf, SignwaveError, tagOf } from '@signwave/format';

/** Whether a value is an `ArrayBuffer`, shared or not, or a view whose elements are bytes. It may come from any page, worker or context. */
export function holdsBytes(value: unknown): value is ArrayBufferView | ArrayBufferLike {
  if (!ArrayBuffer.isView(value)) return /^(Shared)?ArrayBuffer$/.test(tagOf(value));
  return ((value as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1) === 1;
}

/**
 * Make a view of the same memory with this context's own class. Memory that others may change or shrink at any time is copied.
 *
 * @throws {SignwaveError} `E_USAGE` if the memory was transferred.
 */
export function viewBytes(value: ArrayBufferView | ArrayBufferLike): Uint8Array<ArrayBuffer> {
  try {
    const { buffer, byteOffset, byteLength } = (
      ArrayBuffer.isView(value) ? value : new DataView(value)
    ) as DataView<ArrayBuffer>;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    const isSteady = tagOf(buffer) === 'ArrayBuffer' && !(buffer as { resizable?: boolean }).resizable;
    return isSteady ? bytes : bytes.slice();
  } catch (cause) {
    throw new SignwaveError('E_USAGE', `${nameOf(value)} has no memory any more: it was transferred`, { cause });
  }
}
