import type { StoredDtype } from './dtypes.js';

/** A tensor of a checkpoint. Its values are read when they are asked for. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: StoredDtype;
  /** Size of the elements in `dtype`: product of `shape` times the element's size. */
  readonly sizeBytes: number;
  /**
   * Read the values.
   *
   * @returns product-of-`shape` floats, row-major, strides and storage offset resolved. `f64` and integers are rounded
   *   to float32, `f16` and `bf16` are exact, `bool` is 0 or 1. NaN and infinity pass.
   * @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` if the storage's bytes are damaged, `E_IO` if they can't be read.
   *
   * Of a PyTorch checkpoint, each call reads and checks the whole storage, also if several tensors share it.
   */
  readF32(): Promise<Float32Array>;
}

/** What a checkpoint file holds. Tensor values are not in memory. */
export interface Checkpoint {
  readonly container: 'torch-zip' | 'torch-legacy' | 'safetensors' | 'npz';
  /** Name of the file, for messages. */
  readonly sourceName: string;
  /** The state dict in file order; a DataParallel `module.` that every name has is removed. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /**
   * Plain values that lie beside the state dict: epoch, model name, best accuracy. Those of a safetensors file are
   * strings, its `__metadata__`; signwave's own have `omega0` and `stage` there.
   */
  readonly metadata: ReadonlyMap<string, number | string | boolean | null>;
  /** What was neither built nor used, one line each: "optimizer: dict of 2 entries", foreign classes by name. */
  readonly skipped: readonly string[];
}
