import { type Conversion, convertCheckpoint, openCheckpoint } from '@signwave/convert';
import type { Graph } from '@signwave/format';
import type { FeatureMap } from '@signwave/reference';
import { openFileSource } from '../../cli/src/data/file-source.js';
import { npyFile, zip } from '../../convert/test/checkpoints/build.js';

/** What check.py prints. */
export interface Verdict {
  readonly logits: readonly (readonly number[])[];
  readonly layers: readonly string[];
  readonly doubtful: number;
  readonly wrong: readonly string[];
  readonly onnxLogits: readonly (readonly number[])[];
  readonly onnxDoubtful: number;
  readonly onnxAloneLogits: readonly (readonly number[])[];
}

/** Convert FOLDER/NAME.npz. */
export async function convertOracle(folder: string, name: string): Promise<Conversion> {
  const arch = name.split(' ')[0]!;
  const source = await openFileSource(`${folder}/${name}.npz`);
  try {
    return await convertCheckpoint(await openCheckpoint(source), {
      writer: 'signwave test',
      arch,
      preprocess: 'none',
      ...(arch.startsWith('biper-') && { omega0: 20 }),
    });
  } finally {
    await source.close();
  }
}

/** Preprocessed floats (H, W, C) of each image in FOLDER/NAME.input.npz. */
export async function readInputs(folder: string, name: string): Promise<Float32Array[]> {
  const source = await openFileSource(`${folder}/${name}.input.npz`);
  try {
    const stored = (await openCheckpoint(source)).tensors.get('input')!;
    const [images, channels] = stored.shape as [number, number, number, number];
    const values = await stored.readF32();
    const elements = values.length / images;
    return Array.from({ length: images }, (_, n) => {
      const image = values.subarray(n * elements, (n + 1) * elements);
      const pixels = elements / channels;
      return image.map((_, i) => image[(i % channels) * pixels + Math.floor(i / channels)]!);
    });
  } finally {
    await source.close();
  }
}

/** The signs that feed convolutions of bits with a name, in the order of the network. */
export function namedSigns({ nodes, tensors }: Graph): { layer: string; sign: number }[] {
  return nodes.flatMap((node) =>
    node.op === 'conv' && node.name !== undefined && tensors[node.weights]!.dtype === 'bits'
      ? [{ layer: node.name, sign: node.inputs[0]! }]
      : [],
  );
}

/** (C, H, W) of a map of signs. */
export function signsOf({ channels, data }: FeatureMap): Int8Array {
  const pixels = data.length / channels;
  const signs = new Int8Array(data.length);
  data.forEach((sign, i) => {
    signs[(i % channels) * pixels + Math.floor(i / channels)] = sign;
  });
  return signs;
}

/** An `.npz` of int8 arrays (N, C, H, W). @param layers by name: the shape of one image's map, and its signs (C, H, W). */
export function signsFile(
  layers: ReadonlyMap<string, { readonly shape: readonly number[]; readonly images: readonly Int8Array[] }>,
): Uint8Array {
  return zip(
    [...layers].map(([name, { shape, images }]) => {
      const elements = images[0]!.length;
      const data = new Uint8Array(elements * images.length);
      for (const [n, signs] of images.entries()) data.set(new Uint8Array(signs.buffer), n * elements);
      const sides = [images.length, ...shape].join(', ');
      return {
        name: `${name}.npy`,
        data: npyFile(`{'descr': '|i1', 'fortran_order': False, 'shape': (${sides}), }`, data),
      };
    }),
  );
}
