import { readFile } from 'node:fs/promises';
import { bytesSource } from '@signwave/format';
import { decodeNpy } from '@signwave/lab';
import { ZipArchive } from '../../../convert/src/checkpoints/zip-archive.js';
import { sharedPath } from '../../../test/shared.js';

/** Three steps of the authors' code in each stage; undefined where the maintainers' data are absent. */
export const AUTHORS_STEPS = sharedPath('checkpoints/biper-training-steps/biper_resnet20_three_steps.npz');

const MAX_ENTRY_BYTES = 2 ** 24;

/** An array of an .npz file. */
export interface NpzArray {
  readonly shape: readonly number[];
  /** int64 is converted; none here is beyond 2^53. */
  readonly data: Float32Array | Uint8Array | Int32Array;
}

/** An .npz file in memory: names without `.npy`. */
export async function readNpz(path: string): Promise<ReadonlyMap<string, NpzArray>> {
  const archive = await ZipArchive.open(bytesSource(await readFile(path), path));
  const arrays = new Map<string, NpzArray>();
  for (const name of archive.names) {
    const array = decodeNpy(await archive.read(name, MAX_ENTRY_BYTES), name, { types: ['<f4', '<i8', '|u1'] });
    const data = array.type === '<i8' ? Int32Array.from(array.data, Number) : array.data;
    arrays.set(name.replace(/\.npy$/, ''), { shape: array.shape, data });
  }
  return arrays;
}

const MEAN = [0.485, 0.456, 0.406] as const;
const DEVIATION = [0.229, 0.224, 0.225] as const;

/** Preprocess bytes (N, C, H, W) as the authors' loader does, in float32: (byte/255 - mean)/deviation, as (N, H, W, C). */
export function preprocess({ shape, data }: NpzArray): Float32Array {
  const [images, channels, height, width] = shape as [number, number, number, number];
  const pixels = height * width;
  const result = new Float32Array(data.length);
  for (let n = 0; n < images; n++) {
    for (let c = 0; c < channels; c++) {
      const [mean, deviation] = [Math.fround(MEAN[c]!), Math.fround(DEVIATION[c]!)];
      for (let p = 0; p < pixels; p++) {
        const unit = Math.fround(data[(n * channels + c) * pixels + p]! / 255);
        result[(n * pixels + p) * channels + c] = Math.fround(unit - mean) / deviation;
      }
    }
  }
  return result;
}

/** |a - b| / |b| in the Euclidean norm; |a| where b is 0. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(difference / (size || 1));
}
