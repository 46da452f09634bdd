import { SignwaveError } from '@signwave/format';
import { EXPECTED_TYPES, ExpectedOutputs } from '../index.js';
import { readNpy } from './npy-file.js';

/**
 * Reads outputs that another program computed: (inputs, outputs), or (inputs, height, width, channels) of a network that gives a map.
 *
 * @param tolerance a share of the largest output; default: 1e-3.
 * @throws {SignwaveError} `E_IO`; `E_NPY` for another type or shape, NaN or infinity.
 */
export async function readExpectedOutputs(
  path: string,
  inputs: number,
  outputs: number,
  tolerance?: number,
): Promise<ExpectedOutputs> {
  const array = await readNpy(path, { types: EXPECTED_TYPES });
  const [count, ...sides] = array.shape;
  if (count !== inputs || sides.reduce((product, side) => product * side, 1) !== outputs) {
    throw new SignwaveError(
      'E_NPY',
      `${path}: its shape is (${array.shape.join(', ')}), expected (${inputs}, ${outputs}): ${outputs} outputs for each of ${inputs} inputs`,
    );
  }
  return new ExpectedOutputs(array, path, tolerance);
}
