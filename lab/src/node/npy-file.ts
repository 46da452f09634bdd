import { readFileBytes, writeFileAtomic } from '@signwave/data/node';
import { decodeNpy, encodeNpy, type NpyArray, type NpyExpectation, type NpyType } from '../index.js';

/**
 * Reads an `.npy` file, which must have the expected shape and one of the expected types.
 *
 * @throws {SignwaveError} `E_IO` if it can't be read; `E_NPY` as `decodeNpy`.
 */
export async function readNpy<T extends NpyType>(path: string, expected: NpyExpectation<T>): Promise<NpyArray<T>> {
  return decodeNpy(await readFileBytes(path, 'E_IO'), path, expected);
}

/**
 * Writes an `.npy` file of version 1.0, atomically.
 *
 * @throws {SignwaveError} `E_NPY` if the shape doesn't match the data; `E_IO` if it can't be written.
 */
export async function writeNpy(path: string, array: NpyArray): Promise<void> {
  await writeFileAtomic(path, encodeNpy(array));
}
