// records.ts — what a kernel is told, one record per step of a plan, written once at load. The planner's types are generated from
// this file: runtime/scripts/generate-records.mjs.
//
// All fields take 4 bytes. `usize` fields are addresses, `...Bytes` are distances in bytes. A field marked @optional is 0 where a step
// has nothing for it; all others have to be given.
// Maps have one of two layouts. Pixels: float maps are (height, width, channels) f32, each pixel padded to a multiple of
// 8 channels; what lies in the padding is undefined. Bit maps are (height, width, pixelBytes), bits as format/SPEC.md 3.3,
// padding bits 0. Planes: a plane per channel, see planes.ts.

/** What happens to the sums of a convolution, or to the elements of a map: SPEC 4.5, 4.7, 4.6, 4.8, 4.2 in this order. */
@unmanaged
export class Epilogue {
  /** Pixels in a row. */
  columns: i32;
  /** Channels / 8, rounded up. */
  blocks: i32;
  /** i32 sums only: sums below this one become it. @optional */
  sumLeast: f32;
  /** i32 sums only: how far behind a pixel's bases lie the f32 biases of its border class. @optional */
  borderBytes: usize;
  /** f32 (blocks * 8) scale and bias of an affine, both or none. @optional */
  scale: usize;
  /** @optional */
  bias: usize;
  /** f32 map to add. @optional */
  addend: usize;
  /** @optional */
  lo: f32;
  /** @optional */
  hi: f32;
  /** f32 map to write. @optional */
  output: usize;
  /** Bit map to write: its pixel (0, 0). @optional */
  bits: usize;
  /** @optional */
  bitsRowBytes: usize;
  /** @optional */
  bitsPixelBytes: usize;
  /** f32 (blocks * 8): bit = x >= threshold; NaN in the padding channels, so that their bits are 0. @optional */
  thresholds: usize;
  /** i32 (blocks * 8), binary convolutions only: bit = (sum >= sumThreshold) XOR flip; replaces everything above but `bits`. @optional */
  sumThresholds: usize;
  /** u8 (blocks): one flip bit per channel. @optional */
  flips: usize;
}

/** A convolution of a zero-padded map: shared by bits and floats. */
@unmanaged
export class Conv {
  /** The first tap of output pixel (0, 0), in the pads if there are any. */
  input: usize;
  /** Distances in the input: from one output row to the next, one output pixel to the next, one kernel row to the next, one tap to the next. */
  strideRowBytes: usize;
  stridePixelBytes: usize;
  tapRowBytes: usize;
  tapPixelBytes: usize;
  kernelRows: i32;
  /** Taps in a kernel row. Where they follow each other in memory they are taken as one, and this is 1. */
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
  /** Scratch: patches of `stripRows` output rows, `depthBytes` each (bits only). @optional */
  patches: usize;
  /** Bytes of a patch, whole words of the GEMM: a multiple of 4 with SIMD, of 8 without. @optional */
  depthBytes: usize;
  /** Scratch: (pixels of a strip, sumsPixelBytes / 4) i32 mismatches or f32 sums. */
  sums: usize;
  sumsPixelBytes: usize;
  /** Output rows worked on at a time. @optional */
  stripRows: i32;
  /** Bits only: i32 (border classes, blocks * 8), the sum if every bit matched; then u32 (rows) and u32 (columns), the bytes at which their classes lie in it. @optional */
  bases: usize;
  /** @optional */
  rowBases: usize;
  /** @optional */
  columnBases: usize;
  epilogue: Epilogue;
}

/** An epilogue without a convolution. */
@unmanaged
export class Elementwise {
  input: usize;
  rows: i32;
  epilogue: Epilogue;
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
  /** Where the positions that avgPool counts begin and end, from the map's first row and column: with count_pads at the ends of the pads, else of the map. */
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

/** Image bytes (rows, columns, channels) to a float map, as pixels or as planes, by one table of 256 floats per channel. */
@unmanaged
export class ByteInput {
  input: usize;
  output: usize;
  outputRowBytes: usize;
  outputPixelBytes: usize;
  outputChannelBytes: usize;
  rows: i32;
  columns: i32;
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
  /** prelu: slopes for x < 0 and for x >= 0. signMap: thresholds. @optional */
  first: usize;
  /** @optional */
  second: usize;
  /** signMap: what a tie gives. softmax: 1 for the logarithm. @optional */
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

/** What happens to sums whose lanes are pixels: as `Epilogue`, for planes (plane-epilogue.ts). */
@unmanaged
export class PlaneEpilogue {
  /** u32 (lanes): where the values of border classes of 16 lanes from this one on begin in a plane of them. @optional */
  places: usize;
  /** From the border values of one channel to those of the next. @optional */
  borderPlaneBytes: usize;
  /** f32 planes of border values, to be added to halved sums, of which none is below `sumLeast` then. @optional */
  sumBias: usize;
  /** @optional */
  sumLeast: f32;
  /** f32 planes of border values, to be added behind the affine. @optional */
  border: usize;
  /** f32 (channels); scales of halved sums are doubled. @optional */
  scale: usize;
  /** @optional */
  bias: usize;
  /** @optional */
  addend: usize;
  /** @optional */
  addendPlaneBytes: usize;
  /** @optional */
  lo: f32;
  /** @optional */
  hi: f32;
  /** @optional */
  output: usize;
  /** @optional */
  outputPlaneBytes: usize;
  /** Sign planes to write: lane 0 of the first. @optional */
  signs: usize;
  /** @optional */
  signsPlaneBytes: usize;
  /** i8 (lanes): -1 where a lane is a pixel, 0 between rows. @optional */
  mask: usize;
  /** f32 (channels): +1 where x >= threshold. @optional */
  thresholds: usize;
  /** i16 (channels), halved sums only: +1 where (sum >= sumThreshold) XOR flip; replaces everything above but `signs` and `mask`. @optional */
  sumThresholds: usize;
  /** i8 (channels): 0 or -1. @optional */
  flips: usize;
}

/** A convolution of 1-bit weights by look-up tables: lut-conv.ts. */
@unmanaged
export class LutConv {
  /** What the offsets of `planes` count from. */
  input: usize;
  /** u32 (groups, tables of a group, tableChannels): where the first tap of lane 0 lies in each plane. */
  planes: usize;
  /** u16, in the order in which they are read: lut-gemm.ts. */
  streams: usize;
  groups: i32;
  groupFilters: i32;
  /** Channels looked up at once: 4, 6 or 8. */
  tableChannels: i32;
  /** Blocks of a group. A block has no more tables than fit the cache, and no more look-ups than fit an i8. */
  blocks: i32;
  blockTables: i32;
  blockLookups: i32;
  /** Tables and look-ups of the last block, which may be smaller. */
  lastTables: i32;
  lastLookups: i32;
  /** Scratch: the tables of a block, (tables, 2^(tableChannels - 1), rowBytes), i8 on signs, f32 on floats. */
  tables: usize;
  rowBytes: usize;
  /** Vectors of lanes that a look-up adds: 2 to 7 of 16 signs, 8 or 10 of 4 floats. */
  vectors: i32;
  /** Chunks of the output's lanes, each as many as a look-up adds; a strip has `stripChunks` of them. */
  chunks: i32;
  stripChunks: i32;
  /** Lanes that the epilogue finishes: a multiple of 16. */
  lanes: i32;
  /** Scratch: i8 (groupFilters, lanes of a strip), the last block's sums; i16, the sums of all before. On floats: f32, all sums. */
  sums: usize;
  /** @optional */
  wideSums: usize;
  epilogue: PlaneEpilogue;
}

/** The streams of a `LutConv`, made from bits: lut-expand.ts. */
@unmanaged
export class LutExpand {
  /** Bits (groups * groupFilters, taps, groupChannels). */
  weights: usize;
  groups: i32;
  groupFilters: i32;
  groupChannels: i32;
  taps: i32;
  tableChannels: i32;
  /** Slices in all, and in a block: a slice is `tableChannels` channels, one table for each phase. */
  slices: i32;
  blockSlices: i32;
  rowBytes: i32;
  /** u16 (blockSlices, taps): where row 0 of the table begins, and the tap in it. */
  places: usize;
  streams: usize;
  /** Scratch: u16 (groupFilters, look-ups of a block), u16 (groupFilters), u16 (look-ups of a block + 2). */
  rows: usize;
  adds: usize;
  starts: usize;
}

/** A convolution of float planes: plane-conv.ts. */
@unmanaged
export class PlaneConv {
  input: usize;
  /** u32 (taps): where each tap of lane 0 lies, in the order of the sum. */
  taps: usize;
  tapCount: i32;
  groups: i32;
  /** From the planes of one group to the next. */
  groupBytes: usize;
  groupFilters: i32;
  /** f32 (groups, filters / 2, taps, 2), zeros for filters that are missing. */
  weights: usize;
  groupWeightBytes: usize;
  /** Lanes of the output and of a strip, multiples of 16. */
  lanes: i32;
  stripLanes: i32;
  /** Lanes from one strip to the next. */
  stripStep: i32;
  /** Scratch: f32 (2, stripLanes). */
  sums: usize;
  epilogue: PlaneEpilogue;
}

/** A plane epilogue without a convolution. */
@unmanaged
export class PlaneElementwise {
  input: usize;
  inputPlaneBytes: usize;
  channels: i32;
  lanes: i32;
  epilogue: PlaneEpilogue;
}

@unmanaged
export class PlanePool {
  input: usize;
  inputPlaneBytes: usize;
  inputRowBytes: usize;
  height: i32;
  width: i32;
  output: usize;
  outputPlaneBytes: usize;
  outputRowBytes: usize;
  channels: i32;
  rows: i32;
  columns: i32;
  windowHeight: i32;
  windowWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  padTop: i32;
  padLeft: i32;
  /** As in `Pool`. */
  countTop: i32;
  countLeft: i32;
  countBottom: i32;
  countRight: i32;
}

/** Copies rows of planes: pads, slices, phases. */
@unmanaged
export class CopyPlanes {
  input: usize;
  inputPlaneBytes: usize;
  inputRowBytes: usize;
  /** Elements from one column to the next. */
  columnStep: i32;
  output: usize;
  outputPlaneBytes: usize;
  outputRowBytes: usize;
  planes: i32;
  rows: i32;
  columns: i32;
}

/** The same map in both layouts, one made from the other. */
@unmanaged
export class Relayout {
  /** Pixel (0, 0) of the first plane. */
  planes: usize;
  planeBytes: usize;
  planeRowBytes: usize;
  pixels: usize;
  pixelsRowBytes: usize;
  pixelBytes: usize;
  rows: i32;
  columns: i32;
  channels: i32;
}

/** Float planes to pairs of i16: plane-conv.ts. */
@unmanaged
export class PairPlanes {
  input: usize;
  inputPlaneBytes: usize;
  inputRowBytes: usize;
  /** Columns of the operand. */
  width: i32;
  padLeft: i32;
  /** Columns from one output pixel to the next: 1 or 2. */
  stride: i32;
  /** f32: room for a row of the operand and its pads, which are zeros; the row itself is scratch. */
  row: usize;
  output: usize;
  outputPlaneBytes: usize;
  outputRowBytes: usize;
  planes: i32;
  rows: i32;
  columns: i32;
}
