import { type Conversion, convertCheckpoint, openCheckpoint } from '@signwave/convert';
import { openFileSource } from '../../cli/src/data/file-source.js';

/** What networks.py computed for one network. */
export interface Expected {
  readonly images: number;
  /** Preprocessed floats (H, W, C) of each image. */
  readonly inputs: readonly Float32Array[];
  /** Of each image. */
  readonly logits: readonly Float32Array[];
  /** By the name of a binary convolution. */
  readonly layers: ReadonlyMap<string, ExpectedSigns>;
}

/** Signs before a binary convolution: questions about element `at` (C, H, W) of image `image`, of `elements` each. */
export interface ExpectedSigns {
  isPlus(image: number, at: number, elements: number): boolean;
  /** The value lies within 1e-5 of its threshold. */
  isNear(image: number, at: number, elements: number): boolean;
}

/** Convert FOLDER/NAME.npz. */
export async function convertOracle(folder: string, name: string): Promise<Conversion> {
  const arch = name.split(' ')[0]!;
  return withCheckpoint(`${folder}/${name}.npz`, (checkpoint) =>
    convertCheckpoint(checkpoint, {
      writer: 'signwave test',
      arch,
      preprocess: 'none',
      ...(arch.startsWith('biper-') && { omega0: 20 }),
    }),
  );
}

/** Read FOLDER/NAME.expected.npz. */
export async function readExpected(folder: string, name: string): Promise<Expected> {
  return withCheckpoint(`${folder}/${name}.expected.npz`, async ({ tensors }) => {
    const read = (array: string): Promise<Float32Array> => tensors.get(array)!.readF32();
    const [images, channels, height, width] = tensors.get('input')!.shape as [number, number, number, number];
    const input = await read('input');
    const logits = await read('logits');
    const layers = new Map<string, ExpectedSigns>();
    for (const name of tensors.keys()) {
      if (!name.startsWith('bits/')) continue;
      const layer = name.slice('bits/'.length);
      const bits = await read(name);
      const near = await read(`near/${layer}`);
      layers.set(layer, { isPlus: bitOf(bits), isNear: bitOf(near) });
    }
    const elements = channels * height * width;
    const classes = logits.length / images;
    const each = Array.from({ length: images }, (_, n) => n);
    return {
      images,
      inputs: each.map((n) => channelsLast(input.subarray(n * elements, (n + 1) * elements), channels)),
      logits: each.map((n) => logits.subarray(n * classes, (n + 1) * classes)),
      layers,
    };
  });
}

/** `numpy.packbits`: most significant bit first. */
function bitOf(packed: Float32Array): ExpectedSigns['isPlus'] {
  return (image, at, elements) => {
    const index = image * elements + at;
    return ((packed[index >> 3]! >> (7 - (index & 7))) & 1) === 1;
  };
}

/** (C, H, W) to (H, W, C). */
function channelsLast(map: Float32Array, channels: number): Float32Array {
  const pixels = map.length / channels;
  return Float32Array.from(map, (_, i) => map[(i % channels) * pixels + Math.floor(i / channels)]!);
}

async function withCheckpoint<T>(
  path: string,
  use: (checkpoint: Awaited<ReturnType<typeof openCheckpoint>>) => Promise<T>,
): Promise<T> {
  const source = await openFileSource(path);
  try {
    return await use(await openCheckpoint(source));
  } finally {
    await source.close();
  }
}
