/**
 * The graph: tensors (constants) and nodes in execution order. The reference and the WebAssembly runtime execute it, and the ONNX export
 * translates it. `format/SPEC.md` section 4 defines each operation to the last rounding. Feature maps are (height, width, channels),
 * channels fastest; a vector is (1, 1, C).
 */
import type { GraphNode } from './operations/table.js';
import type { Tensor } from './values.js';

export type * from './operations/table.js';
export type { DataType, MapShape, NodeBase, Pads, Size2, Tensor, TensorShape } from './values.js';

export type Operation = GraphNode['op'];

export interface Graph {
  readonly tensors: readonly Tensor[];
  /** Node 0 is the only `input`; the last node is the output. */
  readonly nodes: readonly GraphNode[];
}

/** An accuracy that was stated or measured. */
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
  /** BiPer's angular frequency, if the method has one. */
  readonly omega0?: number;
  /** SHA-256 of the checkpoint file that the model was made from, 64 hexadecimal digits. */
  readonly sourceSha256?: string;
  /** The program that wrote the file: "signwave 0.1.0". */
  readonly writer: string;
  readonly licence?: string;
  /** One per class. */
  readonly labels?: readonly string[];
  readonly accuracy: readonly AccuracyClaim[];
}

/** The contents of a `.sgnw` file. */
export interface Model {
  readonly info: ModelInfo;
  readonly graph: Graph;
}
