import {
  fileSegments,
  type Graph,
  inferShapes,
  isBinary,
  type MapShape,
  type Model,
  macs,
  type Tensor,
  tensorElements,
  tensorOf,
} from '@signwave/format';

/** A module of the source network and the nodes up to the next module, such as a convolution with its affine, add and clip. */
export interface Layer {
  readonly name: string;
  /** `conv`, `linear`, or the first operation if there is no module yet. */
  readonly op: string;
  readonly shape: MapShape;
  /** Shape of the weights, (O, kh, kw, I / groups). */
  readonly weights: readonly number[];
  /** Number of bits that store one weight. */
  readonly weightBits: number;
  readonly isBinary: boolean;
  /** Bytes of all tensors of the layer in the file. */
  readonly bytes: number;
  readonly macs: number;
}

export interface ModelSummary {
  readonly fileBytes: number;
  /** Size of the graph, the names and the metadata. */
  readonly headerBytes: number;
  /** Size of the zeros that align the tensors. */
  readonly paddingBytes: number;
  readonly layers: readonly Layer[];
  readonly binaryMacs: number;
  readonly floatMacs: number;
  /** Size of all tensors as float32; each weight counts once. */
  readonly float32Bytes: number;
}

const WEIGHT_BITS: Readonly<Record<Tensor['dtype'], number>> = { f32: 32, f16: 16, i16: 16, i8: 8, bits: 1 };

/** Lists sizes and work of a model by layer. The bytes of the layers, the header and the padding add up to those of the file. */
export function summarize(model: Model, bytes: Uint8Array): ModelSummary {
  const { graph } = model;
  const segments = fileSegments(graph, bytes.length);
  const layers = layersOf(graph, segments.tensorBytes);
  const sum = (isWanted: (layer: Layer) => boolean): number =>
    layers.reduce((total, layer) => total + (isWanted(layer) ? layer.macs : 0), 0);
  return {
    fileBytes: bytes.length,
    headerBytes: segments.headerBytes,
    paddingBytes: segments.paddingBytes,
    layers,
    binaryMacs: sum((layer) => layer.isBinary),
    floatMacs: sum((layer) => !layer.isBinary),
    float32Bytes: float32Bytes(graph),
  };
}

function layersOf(graph: Graph, tensorBytes: readonly number[]): Layer[] {
  const shapes = inferShapes(graph);
  const layers: Layer[] = [];
  /** A tensor that several nodes share, as in a layer that is computed twice, counts only for the first of them. */
  const counted = new Set<number>();
  graph.nodes.forEach((node, index) => {
    const tensor = tensorOf(node);
    const bytes = tensor === undefined || counted.has(tensor) ? 0 : tensorBytes[tensor]!;
    if (tensor !== undefined) counted.add(tensor);
    const last = layers.at(-1);
    if (node.op === 'conv' || node.op === 'linear') {
      const { shape: weights, dtype } = graph.tensors[node.weights]!;
      layers.push({
        name: node.name ?? `node ${index}`,
        op: node.op,
        shape: shapes[index]!,
        weights,
        weightBits: WEIGHT_BITS[dtype],
        isBinary: isBinary(graph, node),
        bytes,
        macs: macs(graph, node, shapes[index]!),
      });
    } else if (last) {
      layers[layers.length - 1] = { ...last, bytes: last.bytes + bytes };
    } else if (bytes > 0) {
      const { op } = node;
      layers.push({
        name: `node ${index}`,
        op,
        shape: shapes[index]!,
        weights: [],
        weightBits: 0,
        isBinary: false,
        bytes,
        macs: 0,
      });
    }
  });
  return layers;
}

/**
 * Computes the size of the float network. A layer with some weights of 0 has two tensors of bits, in two nodes of the same name, whose mean
 * is its weights; the float network has one tensor for it.
 */
function float32Bytes(graph: Graph): number {
  const names = new Set<string>();
  const second = new Set<number>();
  for (const node of graph.nodes) {
    if ((node.op !== 'conv' && node.op !== 'linear') || node.name === undefined) continue;
    if (names.has(node.name)) second.add(node.weights);
    names.add(node.name);
  }
  return graph.tensors.reduce((total, { shape }, i) => total + (second.has(i) ? 0 : tensorElements(shape) * 4), 0);
}
