import type { InputRecipe, Model, ModelInfo } from '@signwave/format';
import { recipeNamed } from '../models/recipes.js';
import { checkFinite } from '../passes/check-finite.js';
import { type SmallerWeights, withSmallerWeights } from '../passes/smaller-weights.js';
import { lowerTflite } from './lower-tflite.js';
import type { TfliteModel } from './read-tflite.js';

export interface ConvertTfliteOptions {
  /** The converting program, named in the file: "signwave 0.1.0". */
  readonly writer: string;
  /** The input recipe or its name; the file has none. Default: the model takes preprocessed floats. */
  readonly preprocess?: string | InputRecipe;
  /** Class names in order; the file has none. */
  readonly labels?: readonly string[];
  /** Name of the model; default: `larq`. */
  readonly name?: string;
  readonly licence?: string;
  /** SHA-256 of the file, 64 hexadecimal digits. */
  readonly sourceSha256?: string;
  /** Float weights to make smaller, which changes what the network says. Default: all stay as they are in the file. */
  readonly smaller?: SmallerWeights;
}

export interface TfliteConversion {
  /** The content of the `.sgnw` file. */
  readonly model: Model;
  /** The model with all weights as in the file: `model` itself, unless some were to be smaller. */
  readonly exact: Model;
  /** What differs from the file, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Turn a network of Larq Compute Engine into a packed model. Scales aren't folded: the model rounds as the engine does, since another
 * rounding would turn signs.
 *
 * @throws {SignwaveError} as `lowerTflite`; `E_CHECKPOINT_TENSOR` if numbers overflow where they are
 *   multiplied; `E_USAGE` for an unknown recipe; what `withSmallerWeights` throws.
 */
export function convertTflite(tflite: TfliteModel, options: ConvertTfliteOptions): TfliteConversion {
  const recipe = recipeNamed(options.preprocess ?? 'none');
  const { graph } = lowerTflite(tflite, recipe);
  checkFinite(graph, tflite.sourceName);
  const { name = 'larq', labels, licence, sourceSha256, smaller, writer } = options;
  const info: ModelInfo = {
    name,
    architecture: 'tflite',
    method: 'larq',
    ...(sourceSha256 !== undefined && { sourceSha256 }),
    writer,
    ...(licence !== undefined && { licence }),
    ...(labels && { labels }),
    accuracy: [],
  };
  const exact: Model = { info, graph };
  return {
    model: smaller ? { info, graph: withSmallerWeights(graph, smaller) } : exact,
    exact,
    notes: [...softmaxNote(tflite), ...recipeNote(tflite, recipe)],
  };
}

function softmaxNote({ operators, outputs }: TfliteModel): string[] {
  const makesOutput = operators.find(({ kind, outputs: made }) => kind === 'SOFTMAX' && made[0] === outputs[0]);
  return makesOutput
    ? ['the softmax at the end was left out: the model gives logits, and `run` makes probabilities of them']
    : [];
}

function recipeNote({ tensors, inputs }: TfliteModel, recipe: InputRecipe | undefined): string[] {
  const channels = tensors[inputs[0]!]!.shape.at(-1);
  if (recipe || (channels !== 1 && channels !== 3)) return [];
  return ['the file doesn’t say how images become its input: --preprocess does; without it the model takes floats'];
}
