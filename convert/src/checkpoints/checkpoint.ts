/** A tensor of a checkpoint. Its values are read when they are asked for. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Type of the elements: a `StoredDtype`, or what the file calls it if its values can't be read, such as `torch.ComplexFloatStorage`. */
  readonly dtype: string;
  /** Size of the elements in `dtype`: product of `shape` times the element's size. */
  readonly sizeBytes: number;
  /**
   * Read the values.
   *
   * @returns product-of-`shape` floats, row-major, strides and storage offset resolved. `f64` and integers are rounded
   *   to float32, `f16` and `bf16` are exact, `bool` is 0 or 1. NaN and infinity pass.
   * @throws {SignwaveError} `E_CHECKPOINT_TENSOR` if elements of its type aren't read, `E_CHECKPOINT_STRUCTURE` if the storage's bytes are
   *   damaged, `E_IO` if they can't be read.
   *
   * Of a PyTorch checkpoint, each call reads and checks the whole storage, also if several tensors share it.
   */
  readF32(): Promise<Float32Array>;
}

/** A dict of tensors in a checkpoint. */
export interface StateDict {
  /** Keys that lead to it, with dots between: `student`, `model.state_dict`; `.` for the whole checkpoint. */
  readonly path: string;
  readonly tensors: number;
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
  /** Plain values of dicts and objects beside the state dict, by their own names: `arch` of `args`, of `hyper_parameters`. */
  readonly arguments?: ReadonlyMap<string, number | string | boolean | null>;
  /** All state dicts that were found, the one of `tensors` first. */
  readonly stateDicts?: readonly StateDict[];
  /** Entries of the state dict that are no tensors, or none that are read, in words: "None", "sparse tensor". */
  readonly unread?: ReadonlyMap<string, string>;
  /** What was neither built nor used, one line each: "optimizer: dict of 2 entries", foreign classes by name. */
  readonly skipped: readonly string[];
}
