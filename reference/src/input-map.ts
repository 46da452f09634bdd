import { describeShape, type InputNode, SignwaveError } from '@signwave/format';
import { type FeatureMap, zeroMap } from './feature-map.js';

// x = fround(fround(fround(b / divisor) - mean[c]) / std[c])                                        (SPEC.md 4.1)

/**
 * The map that an `input` node gives for one sample.
 *
 * @param input bytes (height, width, channels) in the channel order of the recipe, which turns them into floats;
 *   or float32 values of the same shape, taken as they are. The map never shares memory with it.
 * @throws {SignwaveError} `E_INPUT_SHAPE` for another type or length, or for bytes where the node has no recipe.
 */
export function inputMap(node: InputNode, input: Uint8Array | Float32Array): FeatureMap {
  checkInput(node, input);
  const map = zeroMap(node);
  if (input instanceof Float32Array) {
    map.data.set(input);
    return map;
  }
  const { recipe, channels } = node;
  if (!recipe) {
    throw new SignwaveError(
      'E_INPUT_SHAPE',
      'the input is bytes, but the model has no recipe that turns them into floats; ' +
        `give a Float32Array of ${describeShape(node)} values that are preprocessed already`,
    );
  }
  const { fround } = Math;
  const divisor = fround(recipe.divisor);
  const mean = Float32Array.from(recipe.mean);
  const std = Float32Array.from(recipe.std);
  for (let i = 0, c = 0; i < input.length; i++, c = c + 1 === channels ? 0 : c + 1) {
    map.data[i] = fround(fround(fround(input[i]! / divisor) - mean[c]!) / std[c]!);
  }
  return map;
}

function checkInput(node: InputNode, input: unknown): void {
  const expected = node.height * node.width * node.channels;
  const isArray = input instanceof Uint8Array || input instanceof Float32Array;
  if (isArray && input.length === expected) return;
  const found = isArray ? `${input.length} values` : `of type ${input?.constructor.name}`;
  throw new SignwaveError(
    'E_INPUT_SHAPE',
    `the input is ${found}, expected ${expected} values: ` +
      `(height, width, channels) = ${describeShape(node)} as a Uint8Array or Float32Array`,
  );
}
