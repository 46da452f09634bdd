import { ExpectedOutputs } from '../index.js';
import { readNpy } from './npy-file.js';

/**
 * Reads outputs that another program computed, float32 or float64 (inputs, outputs).
 *
 * @throws {SignwaveError} `E_IO`; `E_NPY` for another type or shape, NaN or infinity.
 */
export async function readExpectedOutputs(path: string, inputs: number, outputs: number): Promise<ExpectedOutputs> {
  return new ExpectedOutputs(await readNpy(path, { types: ['<f4', '<f8'], shape: [inputs, outputs] }), path);
}
