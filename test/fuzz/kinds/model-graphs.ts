import { readFileSync } from 'node:fs';
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
import { load, type WasmSources } from '@signwave/runtime';
import { differenceFromReference, type Kernels } from '../../../runtime/test/difference-from-reference.js';
import { seededRandom } from '../../seeded-random.js';
import { type Compared, isChosen, WrongResult } from '../kind.js';

/** What is run has no more multiplications and elements than this, which the reference takes some 100 ms for. */
const MAX_MACS = 2e7;
const MAX_ELEMENTS = 1e6;
/** The comparison spoils all memory before each step, which takes the square of their number. */
const MAX_COMPARED_NODES = 200;
/** One of so many files is written and compared; all that are sound are loaded. */
const COMPARED_FILES = 20;

/** The kernels, compiled once for all models of a process: that takes longer than to load a small one. */
export const KERNELS: WasmSources = Object.fromEntries(
  (['scalar', 'simd', 'threads'] as const).map((build) => [
    build,
    new WebAssembly.Module(readFileSync(`runtime/build/${build}.wasm`)),
  ]),
);

/**
 * Loads a file with a build of the kernels, or with both if it is compared: then, if it is small, it is run, and every bit compared with the
 * reference.
 *
 * @param number of the input, if it has one. @param seedOf gives what the model's own input is drawn from.
 */
export async function checkModelFile(
  bytes: Uint8Array,
  name: string,
  number: number | undefined,
  seedOf: () => number,
): Promise<Compared | undefined> {
  const model = readModel(bytes, name);
  const isCompared = isChosen(number, COMPARED_FILES);
  const builds = isCompared ? (['scalar', 'simd'] as const) : ([number! % 2 ? 'scalar' : 'simd'] as const);
  for (const kernels of builds) (await load(bytes, { name, kernels, threads: 1, wasm: KERNELS })).dispose();
  if (!isCompared) return undefined;
  checkWriting(model, name);
  return checkGraph(model.graph, seedOf());
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

/** How many multiplications a graph takes. */
export function macsOf(graph: Graph): number {
  const shapes = inferShapes(graph);
  return graph.nodes.reduce((sum, node, i) => sum + macs(graph, node, shapes[i]!), 0);
}

/** Compares the runtime with the reference, if the graph is small. */
export async function checkGraph(graph: Graph, seed: number): Promise<Compared | undefined> {
  const elements = inferShapes(graph).reduce((sum, { height, width, channels }) => sum + height * width * channels, 0);
  if (macsOf(graph) > MAX_MACS || elements > MAX_ELEMENTS || graph.nodes.length > MAX_COMPARED_NODES) return undefined;
  const { height, width, channels, recipe } = graph.nodes[0] as InputNode;
  const random = seededRandom(seed);
  // Bytes where there is a recipe: a first convolution of integers takes nothing else.
  const input = Float32Array.from({ length: height * width * channels }, () =>
    recipe ? Math.floor(256 * random()) : 4 * random() - 2,
  );
  return compareWithReference(graph, input, ['scalar', 'auto', 'xnor', 'lut']);
}

/** @throws {WrongResult} if a bit or an output differs. */
export async function compareWithReference(
  graph: Graph,
  input: Float32Array,
  kernelSets: readonly Kernels[],
): Promise<Compared> {
  const { maps } = new Reference(graph).record(input);
  const signs = new Set<number>();
  let bits = 0;
  for (const kernels of kernelSets) {
    const onEqual = (node: number, count: number): void => {
      if (graph.nodes[node]!.op === 'sign') signs.add(node);
      bits += count;
    };
    const threads = kernels === 'auto' ? 2 : 1;
    const difference = await differenceFromReference(graph, kernels, input, { maps, threads, onEqual });
    if (difference !== undefined) throw new WrongResult(difference);
  }
  return { bits, signMaps: signs.size };
}
