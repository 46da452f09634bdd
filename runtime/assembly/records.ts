// records.ts — what a kernel is told, one record per step of a plan, written once at load by
// runtime/src/plan/records.ts in the order of these fields (a test compares the two files).
//
// All fields take 4 bytes. `usize` fields are addresses (0: absent), `...Bytes` are distances in bytes.
// Float maps are (height, width, channels) f32, each pixel padded to a multiple of 8 channels; what lies in the
// padding is undefined. Bit maps are (height, width, pixelBytes), bits as format/SPEC.md 3.3, padding bits 0.

/** What happens to the sums of a convolution, or to the elements of a map: SPEC 4.5, 4.6, 4.8, 4.2 in this order. */
@unmanaged
export class Epilogue {
  /** Pixels in a row. */
  columns: i32;
  /** Channels / 8, rounded up. */
  blocks: i32;
  /** f32 (blocks * 8) scale and bias of an affine, both or none. */
  scale: usize;
  bias: usize;
  /** f32 map to add. */
  addend: usize;
  lo: f32;
  hi: f32;
  /** f32 map to write. */
  output: usize;
  /** Bit map to write: its pixel (0, 0). */
  bits: usize;
  bitsRowBytes: usize;
  bitsPixelBytes: usize;
  /** f32 (blocks * 8): bit = x >= threshold; NaN in the padding channels, so that their bits are 0. */
  thresholds: usize;
  /** i32 (blocks * 8), binary convolutions only: bit = (sum >= sumThreshold) XOR flip; replaces everything above but `bits`. */
  sumThresholds: usize;
  /** u8 (blocks): one flip bit per channel. */
  flips: usize;
}

/** A convolution of a zero-padded map: shared by bits and floats. */
@unmanaged
export class Conv {
  /** The first tap of output pixel (0, 0), in the pads if there are any. */
  input: usize;
  /** From one output row to the next, one output pixel to the next, one kernel row to the next, one tap to the next. */
  strideRowBytes: usize;
  stridePixelBytes: usize;
  tapRowBytes: usize;
  tapPixelBytes: usize;
  kernelRows: i32;
  /** Taps in a kernel row; 1 where a row's taps follow each other in memory and are taken as one. */
  kernelColumns: i32;
  /** Bytes of one group in a tap. */
  tapBytes: usize;
  rows: i32;
  columns: i32;
  groups: i32;
  /** From one group of a pixel to the next. */
  groupBytes: usize;
  /** Filters of a group. */
  groupFilters: i32;
  weights: usize;
  /** From the weights of one group to the next. */
  groupWeightBytes: usize;
  /** Scratch: patches of `stripRows` output rows, `depthBytes` each (bits only). */
  patches: usize;
  /** Bytes of a patch, whole words of the GEMM: a multiple of 4 with SIMD, of 8 without. */
  depthBytes: usize;
  /** Scratch: (pixels of a strip, sumsPixelBytes / 4) i32 mismatches or f32 sums. */
  sums: usize;
  sumsPixelBytes: usize;
  /** Output rows worked on at a time. */
  stripRows: i32;
  /** Bits only: i32 (border classes, blocks * 8), the sum if every bit matched; and where the class of a row and of a column begins. */
  bases: usize;
  rowBases: usize;
  columnBases: usize;
  epilogue: usize;
}

/** An epilogue without a convolution. */
@unmanaged
export class Elementwise {
  input: usize;
  rows: i32;
  epilogue: usize;
}

@unmanaged
export class Pool {
  input: usize;
  height: i32;
  width: i32;
  pixelBytes: usize;
  output: usize;
  rows: i32;
  columns: i32;
  windowHeight: i32;
  windowWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  padTop: i32;
  padLeft: i32;
  /** avgPool with count_pads: the map and its pads end here, counted from the map's first row and column; else `height`, `width`. */
  countTop: i32;
  countLeft: i32;
  countBottom: i32;
  countRight: i32;
}

/** Copies pixels between maps of different layout: pads, slices, joins, flattens. */
@unmanaged
export class Copy {
  input: usize;
  inputRowBytes: usize;
  inputPixelBytes: usize;
  output: usize;
  outputRowBytes: usize;
  outputPixelBytes: usize;
  rows: i32;
  columns: i32;
  /** Floats copied per pixel. */
  channels: i32;
}

/** Image bytes (pixels, channels) to a float map by one table of 256 floats per channel. */
@unmanaged
export class ByteInput {
  input: usize;
  output: usize;
  outputPixelBytes: usize;
  pixels: i32;
  channels: i32;
  /** f32 (channels, 256) */
  tables: usize;
}

/** Operations on a map, pixel by pixel; the fields that an operation doesn't use are 0. */
@unmanaged
export class MapArguments {
  input: usize;
  output: usize;
  pixelBytes: usize;
  rows: i32;
  columns: i32;
  channels: i32;
  /** prelu: slopes for x < 0 and for x >= 0. borderBias: biases of the classes. signMap: thresholds. */
  first: usize;
  second: usize;
  /** borderBias: address of the byte offset of each row's and of each column's class. */
  rowOffsets: usize;
  columnOffsets: usize;
  /** signMap: what a tie gives. softmax (runtime/src/engine/softmax.ts): 1 for the logarithm. */
  option: i32;
}

/** Bits of pixels, repacked so that each group of channels starts at a byte. */
@unmanaged
export class Regroup {
  input: usize;
  inputRowBytes: usize;
  inputPixelBytes: usize;
  output: usize;
  outputRowBytes: usize;
  outputPixelBytes: usize;
  rows: i32;
  columns: i32;
  groups: i32;
  groupChannels: i32;
  groupBytes: usize;
}
