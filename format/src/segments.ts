import type { Graph } from './graph.js';
import { placeTensors } from './placement.js';
import { tensorBytes } from './tensor.js';

/** How the bytes of a file are used. The numbers add up to the file's size. */
export interface FileSegments {
  /** Size of the graph, the names and the list of tensors: everything before the tensors' data. */
  readonly headerBytes: number;
  /** Size of each tensor, in the order of the graph. */
  readonly tensorBytes: readonly number[];
  /** Size of the zeros that align the tensors. */
  readonly paddingBytes: number;
}

/** @param fileBytes size of the file that `graph` was read from or written to. */
export function fileSegments(graph: Graph, fileBytes: number): FileSegments {
  const { dataBytes } = placeTensors(graph.tensors);
  const bytes = graph.tensors.map(({ dtype, shape }) => tensorBytes(dtype, shape));
  const usedBytes = bytes.reduce((sum, n) => sum + n, 0);
  return { headerBytes: fileBytes - dataBytes, tensorBytes: bytes, paddingBytes: dataBytes - usedBytes };
}
