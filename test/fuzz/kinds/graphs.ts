import { crc32, type InputNode, inferShapes, readModel, writeModel } from '@signwave/format';
import { load, type Model } from '@signwave/runtime';
import { extremeInput, withExtremes } from '../../../runtime/test/extreme-values.js';
import { pick, randomFloats, randomGraph } from '../../../runtime/test/random-graph.js';
import { seededRandom } from '../../seeded-random.js';
import { type Compared, type Input, isChosen, type Kind, type Random, WrongResult } from '../kind.js';
import { exportedProgram } from './exported-program.js';
import { INFO } from './files.js';
import { compareWithReference, KERNELS, macsOf } from './model-graphs.js';

/** Inputs of a graph, fewer if one takes more than a share of all multiplications. */
const INPUTS = { most: 128, macs: 2e8 };
/** So many of them are computed by the reference, too, if one takes no more multiplications than it does in 100 ms. */
const REFERENCE = { inputs: 2, macs: 2e7 };
/** Of so many graphs, one is run by threads, and one as C: both take longer to start than to run. */
const WITH_THREADS = 8;
const AS_C = 40;

function make(random: Random): Input {
  const graph = randomGraph(random.share);
  const bytes = writeModel({ info: INFO, graph: random.below(2) ? withExtremes(graph, random.share) : graph });
  return { name: 'fuzz.sgnw', bytes };
}

/** What one executor gives for an input. */
interface Outcome {
  readonly output: Float32Array;
  /** By nodes. */
  readonly signs: ReadonlyMap<number, Uint8Array>;
}

async function read({ name, bytes }: Input, number?: number): Promise<Compared> {
  const { graph, info } = readModel(bytes, name);
  const signNodes = graph.nodes.flatMap(({ op }, node) => (op === 'sign' ? [node] : []));
  const macs = macsOf(graph);
  const inputs = inputsOf(graph.nodes[0] as InputNode, macs, crc32(bytes));
  let [bits, signMaps] = [0, 0];
  for (const input of macs > REFERENCE.macs ? [] : inputs.slice(0, REFERENCE.inputs))
    bits += (await compareWithReference(graph, input, ['auto', 'xnor', 'lut'])).bits;

  const open = (options: object): Promise<Model> => load(bytes, { name, wasm: KERNELS, ...options });
  using simd = await open({ kernels: 'simd' });
  using scalar = await open({ kernels: 'scalar' });
  using threads = isChosen(number, WITH_THREADS) ? await open({ threads: 2 }) : undefined;
  // The roundings of these are free: SPEC 5.
  const isFree = simd.plan().some(({ kernel }) => kernel === 'convFloatLut') || graph.nodes.at(-1)!.op === 'softmax';
  const outcomeOf = (model: Model, input: Float32Array): Outcome => ({
    output: model.run(input),
    signs: new Map(
      signNodes.flatMap((node) => {
        const found = model.signBits(node);
        return found ? [[node, found] as const] : [];
      }),
    ),
  });
  const shapes = inferShapes(graph);
  const compareOutputs = (found: Float32Array, expected: Float32Array, executor: string): void => {
    if (isFree) return;
    const at = differsAt(found, expected);
    if (at >= 0) throw new WrongResult(`output ${at} is ${found[at]} in place of ${expected[at]}, ${executor}`);
    bits += 32 * expected.length;
  };
  const expected = inputs.map((input) => {
    const outcome = outcomeOf(simd, input);
    for (const [executor, model] of Object.entries({ scalar, threads })) {
      if (!model) continue;
      const other = outcomeOf(model, input);
      for (const [node, found] of other.signs) {
        const signs = outcome.signs.get(node);
        if (!signs) continue;
        if (Buffer.compare(found, signs) !== 0) throw new WrongResult(`bits of node ${node} of simd and ${executor}`);
        const { height, width, channels } = shapes[node]!;
        bits += height * width * channels;
        if (model === scalar) signMaps++;
      }
      compareOutputs(other.output, outcome.output, executor);
    }
    return outcome.output;
  });
  const compareAll = (outputs: readonly Float32Array[], executor: string): void => {
    for (const [n, found] of outputs.entries()) compareOutputs(found, expected[n]!, executor);
  };
  if (threads) compareAll(threads.runBatch(inputs), 'batch on threads');
  if (isChosen(number, AS_C)) {
    const program = await exportedProgram({ graph, info });
    if (program) compareAll(program(inputs), 'C');
  }
  return { bits, signMaps };
}

function inputsOf({ height, width, channels }: InputNode, macs: number, seed: number): Float32Array[] {
  const random = seededRandom(seed);
  const length = Math.max(1, Math.min(INPUTS.most, Math.floor(INPUTS.macs / macs)));
  return Array.from({ length }, (_, n) => {
    const input = randomFloats(random, height * width * channels, pick(random, [1, 2, 40]));
    return extremeInput(input, random, n % 3 === 0);
  });
}

/** Where two outputs differ, NaN being equal to NaN; -1 if nowhere. */
function differsAt(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return 0;
  return expected.findIndex((value, i) => !Object.is(value, found[i]));
}

export const GRAPHS: Kind = {
  about:
    'random graphs with up to 128 inputs each, half of them with coefficients whose sums and products overflow or vanish, every third input with infinities and NaN: SIMD and scalar kernels are compared bit for bit on all inputs, both with the reference on two of small graphs, one graph in 8 on threads, alone and in batches, one in 40 as exported C',
  make,
  read,
};
