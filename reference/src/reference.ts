import { type Graph, type InputNode, inferShapes, type MapShape } from '@signwave/format';
import type { FeatureMap } from './feature-map.js';
import { inputMap } from './input-map.js';
import type { Step } from './steps/step.js';
import { stepOf } from './steps/steps.js';

/** What {@link Reference.record} saw. */
export interface Recording {
  /** Output map of every node, by node index. A `flatten` shares the memory of its operand. */
  readonly maps: readonly FeatureMap[];
}

/**
 * Executes a graph exactly as SPEC.md section 4 says, with plain loops, in one thread, one sample at a time. Every other executor is compared
 * with it.
 */
export class Reference {
  /** Shape of every node's output, by node index. */
  readonly shapes: readonly MapShape[];
  readonly #input: InputNode;
  /** For each node after the input: its operands' indices and what to do with them. */
  readonly #steps: readonly { readonly inputs: readonly number[]; readonly step: Step }[];

  /** @throws {SignwaveError} `E_GRAPH` or `E_FORMAT_LIMIT` if the graph has no meaning, or is above the limits. */
  constructor(graph: Graph) {
    this.shapes = inferShapes(graph);
    const [input, ...nodes] = graph.nodes;
    this.#input = input as InputNode;
    this.#steps = nodes.map((node, i) => ({
      inputs: node.inputs,
      step: stepOf(graph, node as Exclude<typeof node, InputNode>, this.shapes[i + 1]!),
    }));
  }

  /**
   * Execute the graph.
   *
   * @param input one sample as {@link inputMap} takes it: bytes (H, W, C), or preprocessed floats (H, W, C).
   * @returns the output of the last node, (height, width, channels) as `shapes.at(-1)`.
   * @throws {SignwaveError} `E_INPUT_SHAPE` if the input doesn't fit the model.
   */
  run(input: Uint8Array | Float32Array): Float32Array {
    return this.record(input).maps.at(-1)!.data;
  }

  /**
   * Execute the graph as {@link run} does, and keep the output of every node.
   *
   * @param given outputs that another program has for nodes, by the nodes' indices. What reads such a node gets them in place of its own output,
   *   so that a difference doesn't spread; {@link Recording.maps} has the node's own.
   */
  record(input: Uint8Array | Float32Array, given: ReadonlyMap<number, Float32Array> = new Map()): Recording {
    const maps = [inputMap(this.#input, input)];
    const operandOf = (index: number): FeatureMap => {
      const data = given.get(index);
      return data ? { ...maps[index]!, data } : maps[index]!;
    };
    for (const { inputs, step } of this.#steps) {
      const [x, ...others] = inputs.map(operandOf);
      maps.push(step(x!, ...others));
    }
    return { maps };
  }
}
