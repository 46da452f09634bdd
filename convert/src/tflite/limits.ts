/** Limits that apply before any number in a `.tflite` is trusted. Each is far above what published binary networks have. */

/** Bytes of a file: offsets have 32 bits, and TensorFlow Lite's own limit is 2 GiB. */
export const MAX_TFLITE_BYTES = 2 ** 31 - 1;

/** Tensors, buffers, operators: BinaryDenseNet45, the largest of larq's zoo, has some hundreds of each. */
export const MAX_TFLITE_TABLES = 2 ** 14;

/** Inputs or outputs of one operator, or of the network; only a concatenation has more than a few. */
export const MAX_TFLITE_OPERANDS = 64;

/** Axes of a tensor. */
export const MAX_TFLITE_AXES = 8;

/** Scales or zero points of one tensor, one for each channel. */
export const MAX_TFLITE_SCALES = 2 ** 16;

/** Scales and zero points of all tensors together; a table may be shared by many tensors. */
export const MAX_TFLITE_TOTAL_SCALES = 2 ** 20;

/** Bytes of one string, and of all; a shared string counts each time. */
export const MAX_TFLITE_STRING_BYTES = 2 ** 12;
export const MAX_TFLITE_TEXT_BYTES = 2 ** 24;

/** Bytes of an operator's own options; those of Larq Compute Engine take some 200. */
export const MAX_CUSTOM_OPTION_BYTES = 2 ** 16;

/** Entries in the map of an operator's own options; Larq Compute Engine writes eight at most. */
export const MAX_FLEX_ENTRIES = 64;
