import {
  type Graph,
  type InputNode,
  inferShapes,
  type Model,
  macs,
  readModel,
  SignwaveError,
  writeModel,
} from '@signwave/format';
import { Reference } from '@signwave/reference';
import { load } from '@signwave/runtime';
import { differenceFromReference } from '../../../runtime/test/difference-from-reference.js';
import { seededRandom } from '../../seeded-random.js';
import { WrongResult } from '../kind.js';

/** What is run has no more multiplications and elements than this, which the reference takes some 100 ms for. */
const MAX_MACS = 2e7;
const MAX_ELEMENTS = 1e6;

/**
 * Loads a file with both builds of kernels and, if it is small, runs it and compares every bit with the reference.
 *
 * @param seed of the input.
 */
export async function checkModelFile(bytes: Uint8Array, name: string, seed: number): Promise<void> {
  const model = readModel(bytes, name);
  checkWriting(model, name);
  for (const kernels of ['scalar', 'simd'] as const) (await load(bytes, { name, kernels, threads: 1 })).dispose();
  await checkGraph(model.graph, seed);
}

/** What was read can be written, and is read as the same again. */
function checkWriting(model: Model, name: string): void {
  try {
    const once = writeModel(model);
    if (Buffer.compare(writeModel(readModel(once, name)), once) !== 0)
      throw new WrongResult('written twice it differs');
  } catch (cause) {
    if (!(cause instanceof SignwaveError)) throw cause;
    throw new WrongResult(`it can be read but not written: ${cause.message}`, { cause });
  }
}

/** Compares the runtime with the reference, if the graph is small. */
export async function checkGraph(graph: Graph, seed: number): Promise<void> {
  const shapes = inferShapes(graph);
  const elements = shapes.reduce((sum, { height, width, channels }) => sum + height * width * channels, 0);
  const total = graph.nodes.reduce((sum, node, i) => sum + macs(graph, node, shapes[i]!), 0);
  if (total > MAX_MACS || elements > MAX_ELEMENTS) return;
  const { height, width, channels, recipe } = graph.nodes[0] as InputNode;
  const random = seededRandom(seed);
  // Bytes where there is a recipe: a first convolution of integers takes nothing else.
  const input = Float32Array.from({ length: height * width * channels }, () =>
    recipe ? Math.floor(256 * random()) : 4 * random() - 2,
  );
  const { maps } = new Reference(graph).record(input);
  for (const kernels of ['scalar', 'auto', 'xnor', 'lut'] as const) {
    const difference = await differenceFromReference(graph, kernels, input, { maps });
    if (difference !== undefined) throw new WrongResult(difference);
  }
}
