// The type of a row in the table of operations, and the kinds of fields that rows consist of.

import type { MapShape, NodeBase, Tensor } from '../values.js';
import {
  choice,
  type Field,
  type FieldsOf,
  int32,
  or,
  type PlainField,
  required,
  struct,
  uint16,
  uint32,
  unless,
} from '../verify.js';

type Attributes<Node> = Omit<Node, 'op' | keyof NodeBase>;

/** What must be true of a field's value, beyond its type. */
export interface FieldRules {
  /** The minimum of the number, or of each number of the struct. All are whole. */
  readonly least: number;
  /** The rule for the tensor whose index the field is. */
  readonly tensor: TensorRule;
}

/** What a field requires of the tensor that it names. */
export interface TensorRule {
  /**
   * What messages call the elements of a tensor of floats, such as "thresholds". Absent: the tensor holds weights (O, kh, kw, I) of any
   * type, summed over kh, kw and I.
   */
  readonly floats?: string;
  /** Number of rows of a tensor (rows, 1, 1, C) for C channels. Absent: the operation's `shapeOf` checks the shape. */
  readonly rows?: 1 | 2;
}

/** What the shape of an operation's output depends on, besides its attributes. */
export interface Operands {
  /** Shapes of all operands. */
  readonly maps: readonly MapShape[];
  /** The tensor that the node names, if it names one. */
  readonly tensor: Tensor | undefined;
  /** Refuses a node without meaning. @throws {SignwaveError} `E_GRAPH` */
  fail(what: string): never;
}

/** All that the format knows of an operation. SPEC.md section 4 and the reference say what it computes. */
export interface Row<Node extends NodeBase> {
  /** The operation's number in the union `Operation` of signwave.fbs. */
  readonly type: number;
  /** The minor version of the format that introduced it; absent: 0. */
  readonly since?: number;
  /** Its table in signwave.fbs: the attributes of its nodes, in the order of the schema. */
  readonly fields: FieldsOf<Attributes<Node>> & Readonly<Record<string, Field<unknown> & Partial<FieldRules>>>;
  /** How many operands it takes; absent: 1. */
  readonly operands?: number | '2 or more';
  /** Whether its last bits are undefined, so that no `sign` may depend on it. */
  readonly isInexact?: boolean;
  /**
   * Gives the shape of its output. Absent: the output has the shape of the operand.
   *
   * @param x shape of the first operand; the input has none.
   */
  shapeOf?(operands: Operands, x: MapShape, node: Node): MapShape;
}

/** One row for each operation of a union of nodes. */
export type Rows<Node extends NodeBase & { readonly op: string }> = {
  readonly [Each in Node as Each['op']]: Row<Each>;
};

export const SIZE2 = struct({ height: uint16, width: uint16 });

export const PADS = struct({ top: uint16, left: uint16, bottom: uint16, right: uint16 });

export const ZERO_RULE = choice(['plus', 'minus', 'zero']);

/** A field of whole numbers that are at least `least`. */
function atLeast<T>(least: number, field: PlainField<T>): PlainField<T> & Pick<FieldRules, 'least'> {
  return { ...field, least };
}

/** Counts of rows or columns, from 0. */
export const SIDE = atLeast(0, or(uint16, 0));
/** Counts of channels, from 0. */
export const CHANNELS = atLeast(0, or(uint32, 0));
export const GROUPS = atLeast(1, or(uint32, 1));
export const PADDING = atLeast(0, or(PADS, { top: 0, left: 0, bottom: 0, right: 0 }));
export const START = atLeast(0, or(SIZE2, { height: 0, width: 0 }));
/** Strides or dilations; absent: 1 x 1. */
export const STEPS = atLeast(1, or(SIZE2, { height: 1, width: 1 }));
export const SIZE = atLeast(1, required(SIZE2));

/** A field that names a tensor. */
export function tensor(rule: TensorRule = {}): PlainField<number> & Pick<FieldRules, 'tensor'> {
  return { ...or(uint32, 0), tensor: rule };
}

/** A field that names a tensor or nothing. */
export function optionalTensor(rule: TensorRule): PlainField<number | undefined> & Pick<FieldRules, 'tensor'> {
  return { ...unless(int32, -1), tensor: rule };
}

export function vectorShape(channels: number): MapShape {
  return { height: 1, width: 1, channels };
}

/** Writes a shape as (height, width, channels). */
export function describe(shape: MapShape): string {
  return `(${shape.height}, ${shape.width}, ${shape.channels})`;
}
