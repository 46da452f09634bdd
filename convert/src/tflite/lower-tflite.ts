import { type Graph, type InputRecipe, type MapShape, SignwaveError } from '@signwave/format';
import { withoutNodes } from '../passes/rewrite.js';
import { foldConstants } from './fold-constants.js';
import { Lowering, labelOf, mapShapeOf } from './lowering.js';
import { ADVICE, LOWERING } from './lowering-table.js';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './read-tflite.js';
import { Step } from './step.js';

/** A network in nodes. */
export interface LoweredTflite {
  readonly graph: Graph;
  /**
   * For tensors of the file, the node that computes them. A tensor that became one node with what reads it has none: a product that an
   * addition took in, say. Signs have the node that makes +1 and -1 of what the file packs.
   */
  readonly nodeOf: ReadonlyMap<number, number>;
}

/**
 * Turn the operators of a network into nodes that compute the same numbers: bit for bit where Larq Compute Engine's arithmetic is fixed,
 * to a rounding of float sums elsewhere.
 *
 * @param recipe of the input; absent: the model takes preprocessed floats.
 * @throws {SignwaveError} `E_CHECKPOINT_KIND` for a network without a binary operator, `E_CHECKPOINT_ARCH` for an operator that has no
 *   nodes, `E_CHECKPOINT_STRUCTURE` for one that contradicts the file, `E_CHECKPOINT_TENSOR` for NaN or infinity, `E_GRAPH` or
 *   `E_FORMAT_LIMIT` for a graph without meaning or above the limits.
 */
export function lowerTflite(file: TfliteModel, recipe?: InputRecipe): LoweredTflite {
  const model = foldConstants(file);
  if (!model.operators.some(({ kind }) => kind.startsWith('Lce'))) {
    throw new SignwaveError(
      'E_CHECKPOINT_KIND',
      `${model.sourceName} is a TensorFlow Lite model without a binary operator: it was not converted by Larq Compute Engine. Convert the Keras model with lce.convert_keras_model`,
    );
  }
  const lowering = startLowering(model, recipe);
  for (const operator of model.operators) lowerOperator(lowering, operator);
  const output = model.tensors[model.outputs[0]!]!;
  const lowered = lowering.lookUp(output.index);
  const value = lowered && lowering.valueOf(lowered);
  if (value === undefined) refuse(model, `has the output ${labelOf(output)}, which no operator makes`);
  const { nodes, tensors } = lowering.g.build();
  // A graph's output is its last node, while a file may have operators behind its output. The tensors of those are dropped, too.
  const graph = withoutNodes({ nodes: nodes.slice(0, value + 1), tensors }, () => false);
  return { graph, nodeOf: new Map([...lowering.nodeOf()].filter(([, node]) => node <= value)) };
}

/** The network's input as a node, before any operator. @throws {SignwaveError} `E_CHECKPOINT_ARCH` if it isn't one map of float32. */
export function startLowering(model: TfliteModel, recipe?: InputRecipe): Lowering {
  const input = inputOf(model);
  const lowering = new Lowering(model);
  lowering.define(input.index, { kind: 'map', value: lowering.g.input(input.map, recipe) });
  return lowering;
}

/** Adds the nodes of one operator, whose operands were lowered before. @throws {SignwaveError} as {@link lowerTflite}. */
export function lowerOperator(lowering: Lowering, operator: TfliteOperator): void {
  const step = new Step(lowering, operator);
  step.checkIsFirst();
  // A name out of the file must not find what every object has.
  const lower = Object.hasOwn(LOWERING, operator.kind) ? LOWERING[operator.kind] : undefined;
  if (lower) lower(step);
  else step.refuse('is an operator without a form in a packed model', ADVICE.get(operator.kind));
  step.checkOutputs();
}

function inputOf(model: TfliteModel): TfliteTensor & { readonly map: MapShape } {
  const [index, ...more] = model.inputs;
  if (index === undefined || more.length > 0 || model.outputs.length !== 1) {
    refuse(model, `has ${model.inputs.length} inputs and ${model.outputs.length} outputs, expected one of each`);
  }
  const tensor = model.tensors[index]!;
  const map = mapShapeOf(tensor);
  if (tensor.type !== 'float32' || !map) {
    const advice = tensor.type.includes('int8') ? '. Convert it without int8 quantization' : '';
    refuse(
      model,
      `takes ${labelOf(tensor)}, ${tensor.type} of shape (${tensor.shape.join(', ')}), expected float32 of shape (1, height, width, channels)${advice}`,
    );
  }
  return { ...tensor, map };
}

function refuse({ sourceName }: TfliteModel, what: string): never {
  throw new SignwaveError('E_CHECKPOINT_ARCH', `${sourceName} ${what}`);
}
