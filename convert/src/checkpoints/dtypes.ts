import { halfToFloat } from '@signwave/format';

/** Element types that checkpoints store, little-endian. */
export type StoredDtype = 'f32' | 'f64' | 'f16' | 'bf16' | 'i64' | 'i32' | 'i16' | 'i8' | 'u8' | 'bool';

/** Reads one element at a byte offset. Integers beyond 2^24 and `f64` values are rounded when they become float32. */
export type ReadElement = (view: DataView, offsetBytes: number) => number;

const BFLOAT16_SCRATCH = new DataView(new ArrayBuffer(4));

/** Size and decoding of each element type. */
export const DTYPES: Readonly<Record<StoredDtype, { readonly sizeBytes: number; readonly read: ReadElement }>> = {
  f32: { sizeBytes: 4, read: (view, at) => view.getFloat32(at, true) },
  f64: { sizeBytes: 8, read: (view, at) => view.getFloat64(at, true) },
  f16: { sizeBytes: 2, read: (view, at) => halfToFloat(view.getUint16(at, true)) },
  bf16: { sizeBytes: 2, read: (view, at) => bfloat16ToFloat(view.getUint16(at, true)) },
  i64: { sizeBytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  i32: { sizeBytes: 4, read: (view, at) => view.getInt32(at, true) },
  i16: { sizeBytes: 2, read: (view, at) => view.getInt16(at, true) },
  i8: { sizeBytes: 1, read: (view, at) => view.getInt8(at) },
  u8: { sizeBytes: 1, read: (view, at) => view.getUint8(at) },
  bool: { sizeBytes: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
};

/** A bfloat16 is the upper half of a float32. */
function bfloat16ToFloat(bits: number): number {
  BFLOAT16_SCRATCH.setUint32(0, bits << 16);
  return BFLOAT16_SCRATCH.getFloat32(0);
}
