/** A tensor of a checkpoint. Its values are read only when they are asked for. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * Type of the elements: a `StoredDtype`, or the file's own name for a type whose values can't be read, such as
   * `torch.ComplexFloatStorage`.
   */
  readonly dtype: string;
  /** Size of all elements in `dtype`: the product of `shape` times the size of one. */
  readonly sizeBytes: number;
  /**
   * Read the values.
   *
   * @returns product-of-`shape` floats, row-major, strides and storage offset resolved. `f64` and integers are rounded
   *   to float32, `f16` and `bf16` are exact, `bool` is 0 or 1. NaN and infinity pass.
   * @throws {SignwaveError} `E_CHECKPOINT_TENSOR` if elements of its type aren't read, `E_CHECKPOINT_STRUCTURE` if the storage's bytes are
   *   damaged, `E_IO` if they can't be read.
   *
   * Of a PyTorch checkpoint, the first call for a storage checks all of it; tensors that share one read their parts.
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
  readonly container: 'torch-zip' | 'torch-legacy' | 'safetensors' | 'npz' | 'caffemodel';
  /** Name of the file, for messages. */
  readonly sourceName: string;
  /** The state dict in file order, or a Caffe model's blobs by names like PyTorch's; a DataParallel `module.` that every name has is removed. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /**
   * Plain values found beside the state dict: epoch, model name, best accuracy. In a safetensors file they are the strings of its
   * `__metadata__`, where signwave's own checkpoints have `omega0` and `stage`.
   */
  readonly metadata: ReadonlyMap<string, number | string | boolean | null>;
  /** Plain values found in dicts and objects beside the state dict, by their own names: `arch` of `args`, of `hyper_parameters`. */
  readonly arguments?: ReadonlyMap<string, number | string | boolean | null>;
  /** All state dicts that were found, the one of `tensors` first. */
  readonly stateDicts?: readonly StateDict[];
  /** Entries of the state dict that aren't tensors, or are of a kind that isn't read, described in words: "None", "sparse tensor". */
  readonly unread?: ReadonlyMap<string, string>;
  /** What was neither built nor used, one line each: "optimizer: dict of 2 entries", or the names of foreign classes. */
  readonly skipped: readonly string[];
}
