import type { Graph } from './graph.js';
import { placeTensors } from './placement.js';
import { tensorBytes } from './tensor.js';

/** How the bytes of a file are used; the parts add up to the whole file. */
export interface FileSegments {
  /** Graph, names, tensor list: everything before the tensors' data. */
  readonly headerBytes: number;
  /** One per tensor of the graph, in its order. */
  readonly tensorBytes: readonly number[];
  /** Zeros that align the tensors. */
  readonly paddingBytes: number;
}

/** @param fileBytes size of the file that `graph` was read from or written to. */
export function fileSegments(graph: Graph, fileBytes: number): FileSegments {
  const { dataBytes } = placeTensors(graph.tensors);
  const bytes = graph.tensors.map(({ dtype, shape }) => tensorBytes(dtype, shape));
  const usedBytes = bytes.reduce((sum, n) => sum + n, 0);
  return { headerBytes: fileBytes - dataBytes, tensorBytes: bytes, paddingBytes: dataBytes - usedBytes };
}
