/**
 * The codes of all errors that a signwave package raises on purpose. They are stable, so scripts and tests may rely on them; the texts may
 * get better. `docs/errors.md` lists each code with its usual cause and cure.
 */
export type ErrorCode =
  /** The bytes aren't a `.sgnw` file; the message names what they are. */
  | 'E_FORMAT_KIND'
  /** A `.sgnw` file of a version that this reader doesn't know, or with something in it that only a later version can have. */
  | 'E_FORMAT_VERSION'
  /** The FlatBuffers structure is damaged: an offset, vtable, vector or string leaves the file. */
  | 'E_FORMAT_STRUCTURE'
  /** A CRC-32 doesn't match: the file was changed or damaged after it was written. */
  | 'E_FORMAT_CHECKSUM'
  /** A count or size is above a limit of `format/src/limits.ts`. */
  | 'E_FORMAT_LIMIT'
  /** A fact about the model that is malformed: its name, omega0, source hash, an accuracy claim. */
  | 'E_FORMAT_INFO'
  /** A graph that has no meaning: shapes that don't fit, a missing operand, an impossible attribute. */
  | 'E_GRAPH'
  /** A tensor with a wrong size, type or value (NaN, infinity). */
  | 'E_TENSOR'
  /** The file isn't a checkpoint that signwave reads; the message names what it is. */
  | 'E_CHECKPOINT_KIND'
  /** A checkpoint container that is cut short, damaged or over a limit. */
  | 'E_CHECKPOINT_STRUCTURE'
  /** A pickle stream that asks for something outside the allow-list, or is malformed. */
  | 'E_CHECKPOINT_PICKLE'
  /** The tensors match no known architecture; the message names the first that differs. */
  | 'E_CHECKPOINT_ARCH'
  /** A tensor of the checkpoint is missing, has a wrong shape or type, or holds NaN or infinity. */
  | 'E_CHECKPOINT_TENSOR'
  /** A network definition (`--arch FILE`) that can't be read or built; the message names the layer and the key. */
  | 'E_NETWORK'
  /** A BiPer checkpoint has no omega0, and none was given. */
  | 'E_OMEGA0'
  /** Labels whose number isn't the number of classes, or that can't be read. */
  | 'E_LABELS'
  /** Input of a wrong size or kind for the model. */
  | 'E_INPUT_SHAPE'
  /** An image file that can't be read or decoded. */
  | 'E_IMAGE'
  /** An `.npy` file that is malformed or of a wrong element type or shape. */
  | 'E_NPY'
  /** A data set that is missing, empty or malformed. */
  | 'E_DATA'
  /** A file or address can't be read or written. */
  | 'E_IO'
  /** A model was used after `dispose()`. */
  | 'E_DISPOSED'
  /** WebAssembly is missing, or there is not enough memory for the model. */
  | 'E_ENGINE'
  /** A command, an option or an argument that makes no sense. */
  | 'E_USAGE'
  /** A line of a stream of requests that isn't one. */
  | 'E_REQUEST'
  /** A training config with an unknown key, a missing or an impossible value; the message names it. */
  | 'E_CONFIG'
  /** Too little memory for a batch of a training config; the message says which would fit. */
  | 'E_MEMORY'
  /** A training run that can't go on: the loss is not a finite number; the message says at which step and layer. */
  | 'E_TRAINING'
  /** A checkpoint that a training run can't be resumed from: of another architecture or config. */
  | 'E_RESUME'
  /** A training back end can't be used, or its setup lacks something; the message says what. */
  | 'E_BACKEND'
  /** A package that is optional, a client of a server or a peer in a comparison, is not installed. */
  | 'E_PEER';

/** An error with a stable {@link ErrorCode}; the text says what was found, what was expected and what to do next. */
export class SignwaveError extends Error {
  override readonly name = 'SignwaveError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
