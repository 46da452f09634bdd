// The schema signwave.fbs, as the reader and the writer use it. A test compares every line with the schema, so they can't drift apart. Keys
// are the names of graph.ts: camelCase, and without the `_tensor` that the schema appends to an index.
import type { AccuracyClaim, GraphNode, ModelInfo, NodeBase } from './graph.js';
import { MAX_CLAIMS, MAX_LABELS, MAX_NODES, MAX_OPERANDS, MAX_TENSORS } from './limits.js';
import { OPERATIONS } from './operations/table.js';
import { hexPairs } from './text.js';
import {
  choice,
  double,
  type FieldsOf,
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
  unless,
  type ValueOf,
  vector,
} from './verify.js';

/** The newest version that this package reads. It writes this version only if a model needs it. */
export const FORMAT_VERSION = { major: 1, minor: 1 } as const;

export const FILE_IDENTIFIER = 'SGNW';

const SHA256_BYTES = 32;

export const TENSOR = struct({
  offset: uint32,
  crc32: uint32,
  outer: uint32,
  inner: uint32,
  height: uint16,
  width: uint16,
  dataType: choice(['f32', 'bits', 'f16', 'i8', 'i16']),
});

type WithoutBase<Node> = Node extends GraphNode ? Omit<Node, keyof NodeBase> : never;

export const OPERATION = union<WithoutBase<GraphNode>>(OPERATIONS);

/** What any node may say, whatever its operation is; its operands are in `back`. */
const NODE_FIELDS: FieldsOf<Omit<NodeBase, 'inputs'>> = { name: optional(text) };

export const NODE = table({
  operation: OPERATION,
  back: optional(vector(uint16, MAX_OPERANDS)),
  ...NODE_FIELDS,
});

const CLAIM_FIELDS: FieldsOf<AccuracyClaim> = { data: required(text), top1: or(double, 0) };

export const ACCURACY_CLAIM = table(CLAIM_FIELDS);

const SHA256 = vector(uint8, SHA256_BYTES);

/** Bytes that are read as hexadecimal digits. */
export const HEX = {
  ...SHA256,
  read: (...place: Parameters<typeof SHA256.read>): string => hexPairs(SHA256.read(...place)).join(''),
};

const INFO_FIELDS: FieldsOf<ModelInfo> = {
  name: required(text),
  architecture: required(text),
  method: required(text),
  omega0: unless(double, 0),
  sourceSha256: optional(HEX),
  writer: required(text),
  licence: optional(text),
  labels: optional(vector(text, MAX_LABELS)),
  accuracy: or(vector(ACCURACY_CLAIM, MAX_CLAIMS), []),
};

/** The fields with which the root table of every version starts. */
export const VERSION = table({ versionMajor: or(uint8, 0), versionMinor: or(uint8, 0) }, true);

export const MODEL = table({
  ...VERSION.fields,
  /** Read as its position, because its own bytes count as zeros in the checksum; 0 if absent. */
  headerCrc32: or(placeOfUint32, 0),
  ...INFO_FIELDS,
  nodes: required(vector(NODE, MAX_NODES)),
  tensors: required(vector(TENSOR, MAX_TENSORS)),
  data: required(lastBytes),
});

export type FileModel = ValueOf<typeof MODEL>;
export type FileNode = ValueOf<typeof NODE>;
export type FileTensor = ValueOf<typeof TENSOR>;
