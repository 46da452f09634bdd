import { type Graph, type InputRecipe, type MapShape, SignwaveError } from '@signwave/format';
import { withoutNodes } from '../passes/rewrite.js';
import { Lowering, labelOf, mapShapeOf, Step } from './lowering.js';
import { ADVICE, LOWERING } from './lowering-table.js';
import type { TfliteModel, TfliteTensor } from './read-tflite.js';

/** The map that the network takes. @throws {SignwaveError} `E_CHECKPOINT_ARCH` unless it is one of float32 with a batch of 1. */
export function inputOf(model: TfliteModel): TfliteTensor & { readonly map: MapShape } {
  const [index, ...more] = model.inputs;
  if (index === undefined || more.length > 0 || model.outputs.length !== 1) {
    refuse(model, `has ${model.inputs.length} inputs and ${model.outputs.length} outputs, expected one of each`);
  }
  const tensor = model.tensors[index]!;
  const map = mapShapeOf(tensor);
  if (tensor.type !== 'float32' || !map) {
    refuse(
      model,
      `takes ${labelOf(tensor)}, ${tensor.type} of shape (${tensor.shape.join(', ')}), expected float32 of shape (1, height, width, channels)`,
    );
  }
  return { ...tensor, map };
}

/**
 * Turn the operators of a network into nodes that compute the same numbers: bit for bit where Larq Compute Engine's arithmetic is fixed,
 * to a rounding of float sums elsewhere.
 *
 * @param recipe of the input; absent: the model takes preprocessed floats.
 * @throws {SignwaveError} `E_CHECKPOINT_ARCH` for an operator that has no nodes, `E_CHECKPOINT_STRUCTURE` for one that contradicts the file,
 *   `E_CHECKPOINT_TENSOR` for NaN or infinity, `E_GRAPH` or `E_FORMAT_LIMIT` for a graph without meaning or above the limits.
 */
export function lowerTflite(model: TfliteModel, recipe?: InputRecipe): Graph {
  const input = inputOf(model);
  const lowering = new Lowering(model);
  lowering.define(input.index, { kind: 'map', value: lowering.g.input(input.map, recipe) });
  for (const operator of model.operators) {
    const step = new Step(lowering, operator);
    step.checkIsFirst();
    const lower = LOWERING[operator.kind] ?? step.refuse('is an operator', ADVICE[operator.kind]);
    lower(step);
    lowering.checkOutputs(step);
  }
  const output = model.tensors[model.outputs[0]!]!;
  const lowered = lowering.lookUp(output.index);
  const value = lowered && lowering.valueOf(lowered);
  if (value === undefined) refuse(model, `has the output ${labelOf(output)}, which no operator makes`);
  const graph = lowering.g.build();
  // A graph's output is its last node, while a file may have operators behind its output. The tensors of those are dropped, too.
  return withoutNodes({ nodes: graph.nodes.slice(0, value + 1), tensors: graph.tensors }, () => false);
}

function refuse({ sourceName }: TfliteModel, what: string): never {
  throw new SignwaveError('E_CHECKPOINT_ARCH', `${sourceName} ${what}`);
}
