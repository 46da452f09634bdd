/**
 * Limits put on a checkpoint before a number in it is trusted. Each is far above what PyTorch writes for published
 * networks, and low enough that reaching it costs a second and some hundred megabytes at most.
 */

/**
 * Entries of the zip archive: PyTorch writes one for each storage and seven more; optimizers double or triple it.
 * Listing this many takes two seconds.
 */
export const MAX_ENTRIES = 2 ** 16;

/** Bytes that one step of reading the zip directory may ask for: {@link MAX_ENTRIES} records are some 6 MB. */
export const MAX_DIRECTORY_BYTES = 2 ** 24;

/** Ratio of inflated to deflated size. Trained weights deflate to 90 %, ones with half of them zero to 50 %. */
export const MAX_COMPRESSION_RATIO = 100;

/** Entries up to this size may have any ratio: a batch norm's bias that is all zero deflates well. */
export const RATIO_FREE_BYTES = 2 ** 20;

/** Bytes of a pickle that are in memory at once: a longer one is read piece by piece. */
export const PICKLE_WINDOW_BYTES = 2 ** 20;

/** Bytes of a `data.pkl` that the archive has compressed, which PyTorch never does: it is inflated in memory. */
export const MAX_INFLATED_PICKLE_BYTES = 2 ** 26;

/**
 * Values that a pickle builds and keeps, memo reads included: ResNet-20 with optimizer state has 6,000; one takes up to 200 bytes. What is
 * dropped from a long list or dict doesn't count.
 */
export const MAX_PICKLE_VALUES = 2 ** 20;

/** Items of a list that are kept though they hold no tensor: a log of losses has millions. */
export const MAX_PLAIN_ITEMS = 100;

/** Entries of a dict that are kept though they hold no tensor: settings are some hundreds. */
export const MAX_PLAIN_ENTRIES = 1_000;

/** Values in lists and dicts inside others that are kept though they hold no tensor. */
export const MAX_PLAIN_VALUES = 2 ** 18;

/** Memoised values that are read again: PyTorch memoises some 15 for each parameter that an optimizer holds. */
export const MAX_MEMO_ENTRIES = 2 ** 20;

/** Values on the stack: Python's pickler appends in batches of 1,000; only long tuples lie there whole. */
export const MAX_STACK_DEPTH = 2 ** 16;

/** Open marks, hence nested containers under construction: Python's own pickler stops at 1,000 levels. */
export const MAX_NESTING = 1_000;

/** One string or bytes object of a pickle that is kept, in bytes; longer ones are stepped over. Names take tens; a config kept as text some thousands. */
export const MAX_KEPT_TEXT_BYTES = 2 ** 16;

/** Module or name of a class or function, in characters each; the longest in PyTorch has 60. */
export const MAX_GLOBAL_NAME_CHARACTERS = 128;

/** One integer of a pickle, in bytes: sizes take 8, a random generator's state 32. */
export const MAX_PICKLE_INTEGER_BYTES = 256;

/** Axes of a tensor, PyTorch's own limit. */
export const MAX_AXES = 64;

/** One storage that is read, in bytes: what every engine can hold in one typed array. */
export const MAX_STORAGE_BYTES = 2 ** 31;

/** An expanded view (stride 0) may have more elements than its storage, but no more than this: 4 MiB as float32. */
export const MAX_EXPANDED_ELEMENTS = 2 ** 20;

/** Header of a safetensors file, in bytes: the format's own limit. */
export const MAX_SAFETENSORS_HEADER_BYTES = 100_000_000;

/** Tensors of a checkpoint in safetensors, all its files together; as many as a zip archive may have entries. */
export const MAX_TENSORS = MAX_ENTRIES;

/** Index of a checkpoint in several files, in bytes: a line of some 100 for each tensor. */
export const MAX_INDEX_BYTES = 2 ** 24;

/** Files that an index may name; the largest published models have some 200. */
export const MAX_SHARDS = 2 ** 10;

/** Values in a JSON text, containers included: a tensor takes some ten, so this is for 100,000 of them. */
export const MAX_JSON_VALUES = 2 ** 20;

/** Open containers in a JSON text: a safetensors header has three. */
export const MAX_JSON_NESTING = 16;

/** Characters of one number in a JSON text: a 64-bit integer has 20. */
export const MAX_JSON_NUMBER_CHARACTERS = 64;
