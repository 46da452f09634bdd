import type { Remark } from '@signwave/data';
import { type InputNode, SignwaveError } from '@signwave/format';
import { prepareImage } from '@signwave/runtime';
import { ImageNotes, inContext } from '../index.js';
import { readNpy } from './npy-file.js';

/** Inputs of a model from an `.npy` file. */
export interface InputArray {
  readonly count: number;
  /** Bytes (H, W, C) of the model's size, or preprocessed floats (H, W, C). */
  read(index: number): Uint8Array | Float32Array;
}

/**
 * Reads raw images, uint8 (N, H, W, C), to which the model's recipe is applied, or preprocessed ones, float32 (N, C, H, W), or (N, H, W, C) as TensorFlow
 * has them; which of the two, its sides say.
 *
 * @param onRemark is told about changes of images that their owner may not expect, once for each kind of change.
 * @throws {SignwaveError} `E_NPY` for another type or shape than the model takes.
 */
export async function readInputArray(
  input: InputNode,
  path: string,
  onRemark: (remark: Remark) => void,
): Promise<InputArray> {
  const array = await readNpy(path, { types: ['|u1', '<f4'] });
  const { height, width, channels, recipe } = input;
  const isBytes = array.type === '|u1';
  const sides = array.shape.slice(1);
  const expected = [channels, height, width];
  const isChannelsFirst = expected.join() === sides.join();
  const isChannelsLast = [height, width, channels].join() === sides.join();
  if (array.shape.length !== 4 || (isBytes ? !recipe : !isChannelsFirst && !isChannelsLast)) {
    const wanted = !isBytes
      ? `(N, ${expected.join(', ')}) or (N, ${height}, ${width}, ${channels})`
      : recipe
        ? '(N, any, any, 1, 3 or 4)'
        : `float32 (N, ${expected.join(', ')}), since the model has no input recipe`;
    throw new SignwaveError('E_NPY', `${path}: ${array.type} of shape (${array.shape.join(', ')}); expected ${wanted}`);
  }
  if (sides.includes(0) && array.shape[0] !== 0) {
    throw new SignwaveError(
      'E_NPY',
      `${path}: its ${array.shape[0]} images have no pixels: (${array.shape.join(', ')})`,
    );
  }
  const elements = sides.reduce((product, side) => product * side, 1);
  const notes = new ImageNotes(input, onRemark);
  const imageAt = (data: Uint8Array, n: number): Uint8Array | Float32Array => {
    const image = rasterAt(data, array.shape, n);
    notes.look(image, `image ${n} of ${path}`);
    return inContext(path, () => prepareImage(image, recipe!, height, width));
  };
  const floatsAt = (floats: Float32Array): Float32Array => (isChannelsFirst ? channelsLast(floats, channels) : floats);
  return {
    count: array.shape[0]!,
    read: (n) =>
      array.type === '|u1' ? imageAt(array.data, n) : floatsAt(array.data.slice(n * elements, (n + 1) * elements)),
  };
}

function rasterAt(data: Uint8Array, shape: readonly number[], n: number) {
  const [, height, width, channels] = shape as [number, number, number, number];
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw new SignwaveError('E_NPY', `raw images have 1, 3 or 4 channels, these have ${channels}`);
  }
  const bytes = height * width * channels;
  return { height, width, channels, data: data.subarray(n * bytes, (n + 1) * bytes) } as const;
}

/** Reorders (C, H, W) to (H, W, C). */
function channelsLast(floats: Float32Array, channels: number): Float32Array {
  const pixels = floats.length / channels;
  const ordered = new Float32Array(floats.length);
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < pixels; p++) ordered[p * channels + c] = floats[c * pixels + p]!;
  return ordered;
}
