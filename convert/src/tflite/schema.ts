// What of TensorFlow Lite's schema (version 3) is read: names of operators and types, and the options of the operators that can be lowered.
import type { FlatTable } from './flatbuffer.js';

/** Names by the numbers of `BuiltinOperator`. Others are named by their number: they are refused, and the message shows it. */
const OPERATORS: readonly (readonly [first: number, names: string])[] = [
  [0, 'ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR'],
  [9, 'FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC'],
  [15, 'LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX'],
  [26, 'SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD'],
  [36, 'GATHER BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE'],
  [45, 'STRIDED_SLICE'],
  [47, 'EXP TOPK_V2 SPLIT LOG_SOFTMAX'],
  [53, 'CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN'],
  [
    67,
    'TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT',
  ],
  [81, 'REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV'],
  [91, 'REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU SQUARED_DIFFERENCE'],
  [100, 'MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK ELU'],
  [114, 'QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE'],
  [126, 'BATCH_MATMUL'],
  [150, 'GELU'],
  [158, 'SIGN'],
];

const OPERATOR_NAMES = new Map(
  OPERATORS.flatMap(([first, names]) => names.split(' ').map((name, i) => [first + i, name] as const)),
);

/** The number of an operator that isn't TensorFlow Lite's own, and has a name instead. */
export const CUSTOM = 32;

export function operatorName(code: number): string {
  return OPERATOR_NAMES.get(code) ?? `operator ${code}`;
}

const TYPES = 'float32 float16 int32 uint8 int64 string bool int16 complex64 int8 float64'.split(' ');
/** Bytes of an element, by type; absent: its size isn't known. */
const TYPE_BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  float16: 2,
  int32: 4,
  uint8: 1,
  int64: 8,
  bool: 1,
  int16: 2,
  int8: 1,
  float64: 8,
};

export const typeName = (type: number): string => TYPES[type] ?? `type ${type}`;
export const elementBytes = (type: string): number | undefined => TYPE_BYTES[type];

export type Padding = 'same' | 'valid';
export type Activation = 'none' | 'relu' | 'relu-1..1' | 'relu6';

const PADDINGS: readonly Padding[] = ['same', 'valid'];
const ACTIVATIONS: readonly Activation[] = ['none', 'relu', 'relu-1..1', 'relu6'];

/** Options of an operator by the names of the schema. Which there are depends on the operator. */
export interface BuiltinOptions {
  readonly padding?: Padding;
  readonly activation?: Activation;
  readonly stride?: { readonly height: number; readonly width: number };
  readonly dilation?: { readonly height: number; readonly width: number };
  readonly window?: { readonly height: number; readonly width: number };
  readonly axis?: number;
  readonly keepDims?: boolean;
  readonly beta?: number;
  readonly alpha?: number;
  readonly parts?: number;
}

type Read = (options: FlatTable) => BuiltinOptions;

/** A number of an operator's options that stands for one of `values`. */
function oneOf<T>(values: readonly T[], index: number, what: string, fail: (what: string) => never): T {
  return values[index] ?? fail(`${what} is ${index}, expected 0 to ${values.length - 1}`);
}

export const paddingOf = (index: number, fail: (what: string) => never): Padding =>
  oneOf(PADDINGS, index, 'padding', fail);
export const activationOf = (index: number, fail: (what: string) => never): Activation =>
  oneOf(ACTIVATIONS, index, 'the activation function', fail);

const padding = (t: FlatTable, slot: number) => ({
  padding: paddingOf(t.uint8(slot, 'padding'), (what) => t.fail(`is damaged: ${what}`)),
});
const activation = (t: FlatTable, slot: number) => ({
  activation: activationOf(t.uint8(slot, 'fused_activation_function'), (what) => t.fail(`can’t be read: ${what}`)),
});
/** Windows, strides and dilations above this are damage; the format of a packed model can't hold them either. */
const LARGEST_SIZE = 2 ** 15;
/** Two numbers of the schema, the width first as it has them, neither below 1. */
const size = (t: FlatTable, slot: number, name: string, absent = 0) => {
  const [width, height] = [t.int32(slot, `${name}_w`, absent), t.int32(slot + 1, `${name}_h`, absent)];
  if (!(Math.min(width, height) >= 1 && Math.max(width, height) <= LARGEST_SIZE)) {
    t.fail(`is damaged: its ${name} is ${height} x ${width}, expected 1 to ${LARGEST_SIZE}`);
  }
  return { height, width };
};

const pool: Read = (t) => ({
  ...padding(t, 0),
  stride: size(t, 1, 'stride'),
  window: size(t, 3, 'filter'),
  ...activation(t, 5),
});

/** For each operator whose options are read: the number of its table in the union `BuiltinOptions`, and how to read the table. */
export const OPTIONS: Readonly<Record<string, readonly [type: number, read: Read]>> = {
  CONV_2D: [
    1,
    (t) => ({
      ...padding(t, 0),
      stride: size(t, 1, 'stride'),
      ...activation(t, 3),
      dilation: size(t, 4, 'dilation', 1),
    }),
  ],
  DEPTHWISE_CONV_2D: [
    2,
    (t) => ({
      ...padding(t, 0),
      stride: size(t, 1, 'stride'),
      ...activation(t, 4),
      dilation: size(t, 5, 'dilation', 1),
    }),
  ],
  AVERAGE_POOL_2D: [5, pool],
  MAX_POOL_2D: [5, pool],
  FULLY_CONNECTED: [8, (t) => ({ ...activation(t, 0) })],
  SOFTMAX: [9, (t) => ({ beta: t.float32(0, 'beta') })],
  CONCATENATION: [10, (t) => ({ axis: t.int32(0, 'axis'), ...activation(t, 1) })],
  ADD: [11, (t) => activation(t, 0)],
  MUL: [21, (t) => activation(t, 0)],
  MEAN: [27, (t) => ({ keepDims: t.uint8(0, 'keep_dims') !== 0 })],
  SUB: [28, (t) => activation(t, 0)],
  SPLIT: [35, (t) => ({ parts: t.int32(0, 'num_splits') })],
  LEAKY_RELU: [75, (t) => ({ alpha: t.float32(0, 'alpha') })],
};
