/**
 * The graph: tensors (constants) and nodes in execution order. One graph is executed by the reference, by the
 * WebAssembly runtime and by the ONNX export; what each operation means, to the last rounding, is in
 * `format/SPEC.md` section 4. Feature maps are (height, width, channels), channels fastest; a vector is (1, 1, C).
 */

/** How the elements of a tensor are stored. All but `bits` stand for the number that is stored; see SPEC.md 3.2. */
export type DataType = 'f32' | 'bits' | 'f16' | 'i8' | 'i16';

/** (outer, height, width, inner): filters are (O, kh, kw, I / groups), channel fastest; vectors are (1, 1, 1, C). */
export type TensorShape = readonly [outer: number, height: number, width: number, inner: number];

export interface Tensor {
  readonly dtype: DataType;
  readonly shape: TensorShape;
  /** Elements in row-major order of `shape`, little-endian; `bits` as SPEC.md 3.3. Length: {@link tensorBytes}. */
  readonly data: Uint8Array;
}

export interface Size2 {
  readonly height: number;
  readonly width: number;
}

/** Rows and columns added around a map. A pad is numeric zero for `conv` and `avgPool`, and never wins a `maxPool`. */
export interface Pads {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** Shape of a feature map. */
export interface MapShape extends Size2 {
  readonly channels: number;
}

/**
 * What a `sign` gives where its input equals the threshold: +1, -1, or 0 (then its output has three values).
 * Values above the threshold give +1 and values below give -1 always.
 */
export type ZeroRule = 'plus' | 'minus' | 'zero';

/** How an image of any size becomes the bytes of the input, and how bytes become floats (SPEC.md 4.1). */
export interface InputRecipe {
  /** Resize, then crop the centre. Absent: to the smallest size of the image's shape that covers the input, bilinear (SPEC.md 4.1). Pillow's arithmetic. */
  readonly resize?: {
    /** `shorterSide`: the shorter side becomes `sizePixels`; `stretch`: both sides become the input's own size. */
    readonly mode: 'shorterSide' | 'stretch';
    /** Used by `shorterSide` only. */
    readonly sizePixels: number;
    readonly interpolation: 'bilinear' | 'bicubic';
  };
  /** Order of the channels in the input map; image files are read as RGB, or as luma for `gray`. */
  readonly channelOrder: 'rgb' | 'bgr' | 'gray';
  /** x = (byte / divisor - mean[c]) / std[c], each operation rounded to float32. */
  readonly divisor: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

interface NodeBase {
  /** Name of the module in the source network, where it has one: `layer1.0.conv1`. Used in reports and messages. */
  readonly name?: string;
  /** Indices of the operands among the graph's nodes, each smaller than this node's own index. */
  readonly inputs: readonly number[];
}

export interface InputNode extends NodeBase, MapShape {
  readonly op: 'input';
  /** Absent: only floats that are preprocessed already can be given. */
  readonly recipe?: InputRecipe;
}

export interface SignNode extends NodeBase {
  readonly op: 'sign';
  /** Index of an f32 or f16 tensor (1, 1, 1, C); absent: 0 for every channel. */
  readonly threshold?: number;
  /** What executors do. */
  readonly zeroRule: ZeroRule;
  /** What the network that this graph was made from did; where it differs, `verify` counts the ties. */
  readonly sourceZeroRule: ZeroRule;
}

export interface ConvNode extends NodeBase {
  readonly op: 'conv';
  /** Index of a tensor (O, kh, kw, I / groups). */
  readonly weights: number;
  readonly groups: number;
  readonly stride: Size2;
  readonly dilation: Size2;
  readonly pads: Pads;
}

export interface LinearNode extends NodeBase {
  readonly op: 'linear';
  /** Index of a tensor (O, 1, 1, I). The operand is a vector (1, 1, I). */
  readonly weights: number;
}

export interface AffineNode extends NodeBase {
  readonly op: 'affine';
  /** Index of a tensor (2, 1, 1, C): row 0 is the scale m, row 1 the bias b; y = x * m[c] + b[c]. */
  readonly coefficients: number;
}

export interface BorderBiasNode extends NodeBase {
  readonly op: 'borderBias';
  /** Index of an f32 or f16 tensor (1, rowClasses, columnClasses, C), added by the border class of the pixel (SPEC.md 4.7). */
  readonly bias: number;
  /** The first `topRows` rows are classes of their own; then one class for the interior; the rest is at the bottom. */
  readonly topRows: number;
  readonly leftColumns: number;
}

export interface AddNode extends NodeBase {
  readonly op: 'add';
}

export interface ClipNode extends NodeBase {
  readonly op: 'clip';
  /** hardtanh: -1, 1; relu: 0, Infinity; relu6: 0, 6. */
  readonly lo: number;
  readonly hi: number;
}

export interface PreluNode extends NodeBase {
  readonly op: 'prelu';
  /** Index of a tensor (2, 1, 1, C): row 0 is the slope for x < 0, row 1 for x >= 0. */
  readonly slopes: number;
}

export interface PoolNode extends NodeBase {
  readonly op: 'maxPool' | 'avgPool';
  readonly window: Size2;
  readonly stride: Size2;
  readonly pads: Pads;
  /** Round the output size up, as PyTorch's `ceil_mode`. */
  readonly ceilMode: boolean;
  /** avgPool only: pads count as elements of the mean, as PyTorch's `count_include_pad`. */
  readonly countPads: boolean;
}

export interface PadChannelsNode extends NodeBase {
  readonly op: 'padChannels';
  /** Channels of zeros put before and after the operand's. */
  readonly before: number;
  readonly after: number;
}

export interface SliceSpatialNode extends NodeBase {
  readonly op: 'sliceSpatial';
  /** Takes rows start.height, start.height + step.height, ..., and columns likewise. */
  readonly start: Size2;
  readonly step: Size2;
}

export interface SoftmaxNode extends NodeBase {
  readonly op: 'softmax';
  /** Give the logarithm, as PyTorch's `LogSoftmax`. */
  readonly log: boolean;
}

/** Operations without attributes. */
export interface PlainNode extends NodeBase {
  readonly op: 'globalAvgPool' | 'concat' | 'flatten' | 'sampleMean';
}

export type GraphNode =
  | InputNode
  | SignNode
  | ConvNode
  | LinearNode
  | AffineNode
  | BorderBiasNode
  | AddNode
  | ClipNode
  | PreluNode
  | PoolNode
  | PadChannelsNode
  | SliceSpatialNode
  | SoftmaxNode
  | PlainNode;

export type Operation = GraphNode['op'];

export interface Graph {
  readonly tensors: readonly Tensor[];
  /** Node 0 is the only `input`; the last node is the output. */
  readonly nodes: readonly GraphNode[];
}

/** An accuracy as somebody stated or measured it. */
export interface AccuracyClaim {
  /** What it was measured on and by whom: "CIFAR-10 test, stated by the checkpoint (best_prec1)". */
  readonly data: string;
  /** Per cent, 0 to 100. */
  readonly top1: number;
}

export interface ModelInfo {
  readonly name: string;
  /** `resnet20_1w1a`, ... */
  readonly architecture: string;
  /** `biper`, ... */
  readonly method: string;
  /** BiPer's angular frequency, where the method has one. */
  readonly omega0?: number;
  /** SHA-256 of the checkpoint file that the model was made from, 64 hexadecimal digits. */
  readonly sourceSha256?: string;
  /** Who wrote the file: "signwave 0.1.0". */
  readonly writer: string;
  readonly licence?: string;
  /** One per class. */
  readonly labels?: readonly string[];
  readonly accuracy: readonly AccuracyClaim[];
}

/** What a `.sgnw` file holds. */
export interface Model {
  readonly info: ModelInfo;
  readonly graph: Graph;
}
