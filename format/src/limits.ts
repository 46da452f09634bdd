/**
 * Limits that a reader applies before it trusts any number in a file. Each is far above what published binary networks need, and far below
 * what would exhaust memory or time.
 */

/** Nodes of a graph. MobileNet-sized graphs have about 200, ResNet-152 about 900. `back` distances have 16 bits. */
export const MAX_NODES = 16_384;

/** Tensors of a graph; a node names at most one. */
export const MAX_TENSORS = MAX_NODES;

/** Operands of one node; only `concat` has more than two. */
export const MAX_OPERANDS = 64;

/** Labels of a model; ImageNet-21k has 21,843 classes. */
export const MAX_LABELS = 100_000;

/** Bytes of one string in UTF-8: names, labels, claims. */
export const MAX_STRING_BYTES = 4_096;

/** Bytes of all strings of a file together, as much as 100,000 labels of 160 bytes. A shared string counts each time. */
export const MAX_TEXT_BYTES = 2 ** 24;

/** Accuracy claims of a model. */
export const MAX_CLAIMS = 64;

/** Means of an input recipe, and as many deviations; images have 1 or 3 channels. */
export const MAX_RECIPE_CHANNELS = 4;

/**
 * Elements of one feature map, with the pads of all convolutions that read it: 256 MiB as float32, such as a (1024, 1024, 64) map. Pads are
 * kept in memory, so that a file of a few bytes could ask for gigabytes of them.
 */
export const MAX_MAP_ELEMENTS = 2 ** 26;

/** Elements of all maps of a graph together. A run of the reference that records every map stays below 4 GiB. */
export const MAX_TOTAL_MAP_ELEMENTS = 2 ** 30;

/** Channels of a map. The limit keeps binary sums exact in float32, and lanes within 32 bits. */
export const MAX_CHANNELS = 2 ** 20;

/** Multiply-accumulates of one run. ResNet-152 at 224 x 224 takes 1.1e10; this limit is minutes of work, not hours. */
export const MAX_TOTAL_MACS = 2 ** 40;

/**
 * Taps of one output of a convolution or linear layer (kh * kw * I / groups). Sums of that many +-1 are exact in float32, which holds every
 * integer up to 2^24.
 */
export const MAX_TAPS = 2 ** 24;

/** Weights of one layer: seconds of loading, and 32 MiB of bits. From 2^31 on, where a weight lies no longer fits the signed 32 bits of JavaScript's shifts. */
export const MAX_WEIGHTS = 2 ** 28;
