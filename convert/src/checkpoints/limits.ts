/**
 * Limits that apply before any number in a checkpoint is trusted. Each is far above what PyTorch writes for published networks, and low
 * enough that reaching it costs a second and some hundred megabytes at most.
 */

/** Entries of the zip archive. PyTorch writes one for each storage and seven more; optimizers double or triple that. */
export const MAX_ENTRIES = 2 ** 16;

/** Bytes that one step of reading the zip directory may ask for; {@link MAX_ENTRIES} records take some 6 MB. */
export const MAX_DIRECTORY_BYTES = 2 ** 24;

/** Ratio of inflated to deflated size. Trained weights deflate to 90 % of their size, and to 50 % if half of them are zero. */
export const MAX_COMPRESSION_RATIO = 100;

/** Entries up to this size may have any ratio: a batch norm's bias that is all zero deflates well. */
export const RATIO_FREE_BYTES = 2 ** 20;

/** Bytes of inflated entries that are kept, besides the last one, so that tensors that share an entry don't inflate it again. */
export const MAX_KEPT_INFLATED_BYTES = 2 ** 26;

/** How often all deflated entries of an archive may be inflated: converting a checkpoint reads each tensor once. */
export const MAX_REPEATED_INFLATION = 4;

/** Bytes of a pickle held in memory at once; a longer one is read piece by piece. */
export const PICKLE_WINDOW_BYTES = 2 ** 20;

/** Inflated size of a compressed `data.pkl`. PyTorch never compresses it, so only such a file is inflated in memory as a whole. */
export const MAX_INFLATED_PICKLE_BYTES = 2 ** 26;

/**
 * Values that a pickle builds and keeps, including memo reads. ResNet-20 with optimizer state has 6,000; one takes up to 200 bytes. What is
 * dropped from a long list or dict doesn't count.
 */
export const MAX_PICKLE_VALUES = 2 ** 20;

/** Items that are kept of a list without tensors: a log of losses has millions. */
export const MAX_PLAIN_ITEMS = 100;

/** Entries that are kept of a dict without tensors: settings are some hundreds. */
export const MAX_PLAIN_ENTRIES = 1_000;

/** Values without tensors that are kept in lists and dicts inside others. */
export const MAX_PLAIN_VALUES = 2 ** 18;

/** Memoised values that are read again; PyTorch memoises some 15 for each parameter that an optimizer holds. */
export const MAX_MEMO_ENTRIES = 2 ** 20;

/** Values on the stack. Python's pickler appends in batches of 1,000; only long tuples lie there whole. */
export const MAX_STACK_DEPTH = 2 ** 16;

/** Open marks, that is nested containers under construction; Python's own pickler stops at 1,000 levels. */
export const MAX_NESTING = 1_000;

/** Bytes of one string or bytes object that is kept; longer ones are skipped. Names take tens, a config kept as text some thousands. */
export const MAX_KEPT_TEXT_BYTES = 2 ** 16;

/** Characters of the module and of the name of a class or function; the longest in PyTorch has 60. */
export const MAX_GLOBAL_NAME_CHARACTERS = 128;

/** Bytes of one integer of a pickle; sizes take 8, a random generator's state 32. */
export const MAX_PICKLE_INTEGER_BYTES = 256;

/** Axes of a tensor; this is PyTorch's own limit. */
export const MAX_AXES = 64;

/** Bytes of one storage that is read; every engine can hold as many in one typed array. */
export const MAX_STORAGE_BYTES = 2 ** 31;

/** An expanded view (stride 0) may have more elements than its storage, but no more than this: 4 MiB as float32. */
export const MAX_EXPANDED_ELEMENTS = 2 ** 20;

/** Bytes of a safetensors header; this is the format's own limit. */
export const MAX_SAFETENSORS_HEADER_BYTES = 100_000_000;

/** Tensors of a safetensors checkpoint, all its files together; as many as a zip archive may have entries. */
export const MAX_TENSORS = MAX_ENTRIES;

/** Bytes of the index of a checkpoint in several files; each tensor takes a line of some 100. */
export const MAX_INDEX_BYTES = 2 ** 24;

/** Files that an index may name; the largest published models have some 200. */
export const MAX_SHARDS = 2 ** 10;

/** Values in a JSON text, containers included. A tensor takes some ten, so this is enough for 100,000 tensors. */
export const MAX_JSON_VALUES = 2 ** 20;

/** Open containers in a JSON text; a safetensors header has three. */
export const MAX_JSON_NESTING = 16;

/** Characters of one number in a JSON text; a 64-bit integer has 20. */
export const MAX_JSON_NUMBER_CHARACTERS = 64;

/** Fields of a protobuf file that are looked at. Caffe writes some twenty for each layer, and GoogLeNet has hundreds of layers. */
export const MAX_PROTOBUF_FIELDS = 2 ** 20;

/** Bytes that are read at once to find a protobuf file's fields. */
export const PROTOBUF_WINDOW_BYTES = 2 ** 14;

/** Bytes of the name or of the type of a Caffe layer; the longest published ones have some 40. */
export const MAX_LAYER_NAME_BYTES = 2 ** 10;

/** Levels of a quantizer that a Caffe layer lists; 8 bits have 255. */
export const MAX_LEVELS = 2 ** 8;
