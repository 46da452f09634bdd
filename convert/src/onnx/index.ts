import { type Graph, type InputNode, inferShapes, type Model } from '@signwave/format';
import { dimensionsOf, fromImage } from './channel-order.js';
import { type LoweredMap, lowerNode } from './lower.js';
import { OnnxGraph } from './onnx-graph.js';

export interface OnnxOptions {
  /** Samples in one run. Absent: the size is known only when the model runs, and the side is called `N`. */
  readonly batch?: number;
  /**
   * Write the float sums that signs depend on, of convolutions, linear layers and means, as operators in the reference's order, so that no
   * engine's own order decides a sign. That makes the file larger and slower.
   */
  readonly isExact?: boolean;
}

/**
 * A model as an ONNX file of standard float32 operators (opset 13): its float twin, for engines that know nothing of
 * bits. Binary weights become +1 and -1. Integers are exact in every engine; elsewhere an engine may round in another
 * order, which changes a bit where the input of a `sign` lies that close to its threshold, unless `isExact`.
 *
 * The input is `input`, float32 (N, C, H, W), preprocessed already: the recipe is not part of the graph. The output is
 * `output`, (N, C) for a vector, otherwise (N, C, H, W). Nodes and constants are named after the graph's nodes.
 *
 * @throws {SignwaveError} `E_GRAPH` or `E_FORMAT_LIMIT` for a graph without meaning or above the limits.
 */
export function exportOnnx(model: Model, options: OnnxOptions = {}): Uint8Array {
  const { graph, info } = model;
  const shapes = inferShapes(graph);
  const batch = options.batch ?? 'N';
  const onnx = new OnnxGraph();
  const [input, ...nodes] = graph.nodes;
  const { height, width, channels } = input as InputNode;
  const image = onnx.input('input', [batch, channels, height, width]);
  onnx.enter('input');
  const sums = options.isExact ? feedsSign(graph) : [];
  const maps: LoweredMap[] = [{ value: fromImage(onnx, image, shapes[0]!), shape: shapes[0]! }];
  nodes.forEach((node, i) => {
    const shape = shapes[i + 1]!;
    onnx.enter(node.name ?? `${node.op}_${i + 1}`);
    const operands = node.inputs.map((index) => maps[index]!);
    const lowered = node as Exclude<typeof node, InputNode>;
    maps.push({ value: lowerNode(onnx, graph, lowered, operands, shape, sums[i + 1] ?? false), shape });
  });
  const last = maps.at(-1)!;
  onnx.output('output', last.value, dimensionsOf(last.shape, batch));
  const { name, architecture, method, writer } = info;
  return onnx.encode(name || 'signwave', { architecture, method, writer });
}

/** For each node, whether a `sign` depends on it. */
function feedsSign({ nodes }: Graph): boolean[] {
  const feeds = nodes.map(() => false);
  for (const [index, { op, inputs }] of [...nodes.entries()].reverse()) {
    if (op === 'sign' || feeds[index]) for (const input of inputs) feeds[input] = true;
  }
  return feeds;
}
