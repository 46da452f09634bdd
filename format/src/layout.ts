// signwave.fbs for the reader. A test compares every line with the schema, so the two can't drift. Keys are the names
// of graph.ts: camelCase, and without the `_tensor` that the schema puts behind an index.
import { MAX_CLAIMS, MAX_LABELS, MAX_NODES, MAX_OPERANDS, MAX_RECIPE_CHANNELS, MAX_TENSORS } from './limits.js';
import {
  bool,
  choice,
  double,
  float,
  int32,
  lastBytes,
  optional,
  or,
  placeOfUint32,
  required,
  struct,
  table,
  text,
  uint8,
  uint16,
  uint32,
  union,
  type ValueOf,
  vector,
} from './verify.js';

/** The newest version that this package reads, and writes where a model needs it. */
export const FORMAT_VERSION = { major: 1, minor: 1 } as const;

export const FILE_IDENTIFIER = 'SGNW';

const SHA256_BYTES = 32;

const ONE = { height: 1, width: 1 };
const NO_PADS = { top: 0, left: 0, bottom: 0, right: 0 };

export const SIZE2 = struct({ height: uint16, width: uint16 });

export const PADS = struct({ top: uint16, left: uint16, bottom: uint16, right: uint16 });

export const TENSOR = struct({
  offset: uint32,
  crc32: uint32,
  outer: uint32,
  inner: uint32,
  height: uint16,
  width: uint16,
  dataType: choice(['f32', 'bits', 'f16', 'i8', 'i16']),
});

const ZERO_RULE = choice(['plus', 'minus', 'zero']);

export const RECIPE = table({
  resizeMode: or(choice(['none', 'shorterSide', 'stretch']), 'none'),
  resizeSize: or(uint16, 0),
  interpolation: or(choice(['bilinear', 'bicubic']), 'bilinear'),
  channelOrder: or(choice(['rgb', 'bgr', 'gray']), 'rgb'),
  divisor: or(float, 255),
  mean: required(vector(float, MAX_RECIPE_CHANNELS)),
  std: required(vector(float, MAX_RECIPE_CHANNELS)),
});

/** In the order of the schema's union; the keys are those of `GraphNode.op`. */
export const OPERATION = union({
  input: table({
    height: or(uint16, 0),
    width: or(uint16, 0),
    channels: or(uint16, 0),
    recipe: optional(RECIPE),
  }),
  sign: table({
    threshold: or(int32, -1),
    zeroRule: or(ZERO_RULE, 'plus'),
    sourceZeroRule: or(ZERO_RULE, 'plus'),
  }),
  conv: table({
    weights: or(uint32, 0),
    groups: or(uint32, 1),
    stride: or(SIZE2, ONE),
    dilation: or(SIZE2, ONE),
    pads: or(PADS, NO_PADS),
  }),
  linear: table({ weights: or(uint32, 0) }),
  affine: table({ coefficients: or(uint32, 0) }),
  borderBias: table({ bias: or(uint32, 0), topRows: or(uint16, 0), leftColumns: or(uint16, 0) }),
  add: table({}),
  clip: table({ lo: or(float, -1), hi: or(float, 1) }),
  prelu: table({ slopes: or(uint32, 0) }),
  maxPool: table({
    window: required(SIZE2),
    stride: required(SIZE2),
    pads: or(PADS, NO_PADS),
    ceilMode: or(bool, false),
  }),
  avgPool: table({
    window: required(SIZE2),
    stride: required(SIZE2),
    pads: or(PADS, NO_PADS),
    ceilMode: or(bool, false),
    countPads: or(bool, false),
  }),
  globalAvgPool: table({}),
  padChannels: table({ before: or(uint32, 0), after: or(uint32, 0) }),
  sliceSpatial: table({ start: or(SIZE2, { height: 0, width: 0 }), step: required(SIZE2) }),
  concat: table({}),
  flatten: table({}),
  softmax: table({ log: or(bool, false) }),
  sampleMean: table({}),
});

export const NODE = table({
  operation: OPERATION,
  back: optional(vector(uint16, MAX_OPERANDS)),
  name: optional(text),
});

export const ACCURACY_CLAIM = table({ data: required(text), top1: or(double, 0) });

/** What every version's root table starts with. */
export const VERSION = table({ versionMajor: or(uint8, 0), versionMinor: or(uint8, 0) }, true);

export const MODEL = table({
  ...VERSION.fields,
  /** Where it lies, since its own bytes count as zeros in the checksum; 0 if absent. */
  headerCrc32: or(placeOfUint32, 0),
  name: required(text),
  architecture: required(text),
  method: required(text),
  omega0: or(double, 0),
  sourceSha256: optional(vector(uint8, SHA256_BYTES)),
  writer: required(text),
  licence: optional(text),
  labels: optional(vector(text, MAX_LABELS)),
  accuracy: optional(vector(ACCURACY_CLAIM, MAX_CLAIMS)),
  nodes: required(vector(NODE, MAX_NODES)),
  tensors: required(vector(TENSOR, MAX_TENSORS)),
  data: required(lastBytes),
});

export type FileModel = ValueOf<typeof MODEL>;
export type FileNode = ValueOf<typeof NODE>;
export type FileTensor = ValueOf<typeof TENSOR>;
export type FileRecipe = ValueOf<typeof RECIPE>;
