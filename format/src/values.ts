// The types of operands and results, which are tensors and feature maps, and what all nodes have in common.

/** How the elements of a tensor are stored. Except for `bits`, the stored number is the element's value; see SPEC.md 3.2. */
export type DataType = 'f32' | 'bits' | 'f16' | 'i8' | 'i16';

/** (outer, height, width, inner): filters are (O, kh, kw, I / groups), channel fastest; vectors are (1, 1, 1, C). */
export type TensorShape = readonly [outer: number, height: number, width: number, inner: number];

export interface Tensor {
  readonly dtype: DataType;
  readonly shape: TensorShape;
  /** Elements in row-major order of `shape`, little-endian; `bits` are packed as in SPEC.md 3.3. Its length is {@link tensorBytes}. */
  readonly data: Uint8Array;
}

export interface Size2 {
  readonly height: number;
  readonly width: number;
}

/** Number of rows and columns added around a map. A pad is numeric zero for `conv` and `avgPool`, and never the maximum of a `maxPool`. */
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

export interface NodeBase {
  /** Name of the module in the source network, such as `layer1.0.conv1`, if it has one. Used in reports and messages. */
  readonly name?: string;
  /** Indices of the operands among the graph's nodes, each smaller than this node's own index. */
  readonly inputs: readonly number[];
}
