import { type Graph, isBinary, type Model as ModelFile, packBits, type SignNode, tensorValues } from '@signwave/format';
import { type FeatureMap, outputBounds, Reference } from '@signwave/reference';
import type { Model } from '@signwave/runtime';
import { addDifference, compareOutputs, NO_DIFFERENCE, type OutputDifference } from './output-difference.js';

/** How the bits of one sign compare with the reference's, over all images so far. */
export interface LayerVerdict {
  /** The binary layer that reads the bits. */
  readonly name: string;
  readonly bits: number;
  /** Number of bits that differ from the reference's, by build of the kernels. */
  readonly differing: Readonly<Record<string, number>>;
  /** Number of inputs equal to the threshold for which the source network's rule gives another value than the file's. */
  readonly ties: number;
}

/** A binary layer and the sign that feeds it. */
interface CheckedSign {
  readonly sign: number;
  readonly name: string;
}

/** Runs builds of a packed model and compares each layer with the reference on the same graph. */
export class Verification {
  readonly #reference: Reference;
  readonly #signs: readonly CheckedSign[];
  readonly #verdicts = new Map<number, { bits: number; differing: Record<string, number>; ties: number }>();
  /** How outputs differ from the reference's over all inputs, by build of the kernels. */
  readonly outputs: Record<string, OutputDifference> = {};

  constructor(
    private readonly file: ModelFile,
    private readonly models: Readonly<Record<string, Model>>,
  ) {
    this.#reference = new Reference(file.graph);
    this.#signs = checkedSigns(file.graph);
    for (const name of Object.keys(models)) this.outputs[name] = NO_DIFFERENCE;
    for (const { sign } of this.#signs) {
      this.#verdicts.set(sign, {
        bits: 0,
        differing: Object.fromEntries(Object.keys(models).map((name) => [name, 0])),
        ties: 0,
      });
    }
  }

  /** Checks one input: bytes (H, W, C) or preprocessed floats (H, W, C). @returns the reference's maps of all nodes. */
  check(input: Uint8Array | Float32Array): readonly FeatureMap[] {
    const { maps } = this.#reference.record(input);
    const expected = maps.at(-1)!.data;
    const bounds = outputBounds(this.file.graph, maps);
    for (const { sign } of this.#signs) {
      const verdict = this.#verdicts.get(sign)!;
      verdict.bits += maps[sign]!.data.length;
      verdict.ties += countTies(this.file.graph, sign, maps[this.file.graph.nodes[sign]!.inputs[0]!]!.data);
    }
    for (const [name, model] of Object.entries(this.models)) {
      const difference = compareOutputs(model.run(input), expected, bounds);
      this.outputs[name] = addDifference(this.outputs[name]!, difference);
      for (const { sign } of this.#signs) {
        const { data } = maps[sign]!;
        this.#verdicts.get(sign)!.differing[name]! += countDifferences(
          model.signBits(sign)!,
          packBits(data.length, (i) => data[i]! > 0),
        );
      }
    }
    return maps;
  }

  get layers(): LayerVerdict[] {
    return this.#signs.map(({ sign, name }) => ({ name, ...this.#verdicts.get(sign)! }));
  }

  /** Number of inputs whose outputs differ from the reference's by more than SPEC section 5 allows, by build of the kernels. */
  get differingOutputs(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.outputs).map(([name, { wrong }]) => [name, wrong]));
  }

  /** Whether every bit equalled the reference's, and every output was within its bound. */
  get isExact(): boolean {
    const layers = this.layers.every(({ differing }) => Object.values(differing).every((n) => n === 0));
    return layers && Object.values(this.differingOutputs).every((n) => n === 0);
  }
}

function checkedSigns(graph: Graph): CheckedSign[] {
  const checked = new Map<number, string>();
  graph.nodes.forEach((node, index) => {
    const sign = node.inputs[0];
    if (isBinary(graph, node) && !checked.has(sign!)) checked.set(sign!, node.name ?? `node ${index}`);
  });
  return [...checked].map(([sign, name]) => ({ sign, name }));
}

function countDifferences(found: Uint8Array, expected: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < expected.length; i++) {
    for (let difference = found[i]! ^ expected[i]!; difference; difference &= difference - 1) count++;
  }
  return count;
}

/** Counts inputs at a sign's threshold, if the source network treats them differently (PyTorch's sign(0) is 0). */
function countTies(graph: Graph, index: number, inputs: Float32Array): number {
  const sign = graph.nodes[index] as SignNode;
  if (sign.zeroRule === sign.sourceZeroRule) return 0;
  const thresholds = sign.threshold === undefined ? undefined : tensorValues(graph.tensors[sign.threshold]!);
  const channels = thresholds?.length ?? 1;
  let count = 0;
  for (let i = 0; i < inputs.length; i++) if (inputs[i] === (thresholds?.[i % channels] ?? 0)) count++;
  return count;
}
