/**
 * Limits that a reader puts on a file before it trusts a number in it. Each is far above any published binary
 * network and far below what would exhaust memory or time.
 */

/** MobileNet-sized graphs have some 200 nodes, ResNet-152 about 900. `back` distances are 16 bits. */
export const MAX_NODES = 16_384;

/** A node names at most one tensor. */
export const MAX_TENSORS = MAX_NODES;

/** Operands of one node; `concat` is the only one with more than two. */
export const MAX_OPERANDS = 64;

/** ImageNet-21k has 21,843 classes. */
export const MAX_LABELS = 100_000;

/** Longest string in a file, in bytes of UTF-8: names, labels, claims. */
export const MAX_STRING_BYTES = 4_096;

/** All strings of a file together, one that is shared counted each time: 100,000 labels of 160 bytes. */
export const MAX_TEXT_BYTES = 2 ** 24;

/** Accuracy claims of a model. */
export const MAX_CLAIMS = 64;

/** Means and deviations of an input recipe: images have 1 or 3 channels. */
export const MAX_RECIPE_CHANNELS = 4;

/** Elements of one feature map: 256 MiB as float32, a (1024, 1024, 64) map. */
export const MAX_MAP_ELEMENTS = 2 ** 26;

/** Elements of all maps of a graph together: keeps a reference run that records every map below 4 GiB. */
export const MAX_TOTAL_MAP_ELEMENTS = 2 ** 30;

/** Channels of a map: binary accumulators stay exact in float32 and lanes in 32 bits. */
export const MAX_CHANNELS = 2 ** 20;

/** Multiply-accumulates of one run: ResNet-152 at 224 x 224 has 1.1e10; this is minutes of work, not hours. */
export const MAX_TOTAL_MACS = 2 ** 40;

/**
 * Taps of one output of a convolution or linear layer (kh * kw * I / groups). Sums of that many +-1 are exact
 * in float32, which represents every integer up to 2^24.
 */
export const MAX_TAPS = 2 ** 24;
