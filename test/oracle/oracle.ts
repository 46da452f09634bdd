import { type Conversion, convertCheckpoint, openCheckpoint } from '@signwave/convert';
import { type Graph, inferShapes, type MapShape } from '@signwave/format';
import { openFileSource } from '@signwave/lab/node';
import { npyFile, zip } from '../../convert/test/checkpoints/build.js';

/** The output of compare.py. */
export interface Verdict {
  readonly logits: readonly (readonly number[])[];
  readonly layers: readonly string[];
  readonly doubtful: number;
  readonly wrong: readonly string[];
  readonly onnxLogits: readonly (readonly number[])[];
  readonly onnxDoubtful: number;
  readonly onnxAloneLogits: readonly (readonly number[])[];
  readonly onnxExactLogits: readonly (readonly number[])[];
}

/** Converts FOLDER/NAME.npz. */
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

/** Reads the preprocessed floats (H, W, C) of each image in FOLDER/NAME.input.npz. */
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

/** The signs that feed a binary layer that has a name. */
interface NamedSigns {
  readonly layer: string;
  /** Index of the sign's node. */
  readonly sign: number;
  /** Shape of the signs; for a vector, of the map that was flattened to it. */
  readonly shape: MapShape;
}

/** Lists the signs in the order of the network. */
export function namedSigns(graph: Graph): NamedSigns[] {
  const shapes = inferShapes(graph);
  const named = graph.nodes.flatMap((node) => {
    const isBinary = (node.op === 'conv' || node.op === 'linear') && graph.tensors[node.weights]!.dtype === 'bits';
    const sign = node.inputs[0]!;
    if (!isBinary || node.name === undefined || graph.nodes[sign]!.op !== 'sign') return [];
    return [
      { layer: node.name, sign, shape: node.op === 'linear' ? flattenedShape(graph, shapes, sign) : shapes[sign]! },
    ];
  });
  // A layer with weights of 0 becomes two, which read the same signs. One that is computed twice, with +1 and -1 for 0, reads two signs.
  const bySign = [...new Map(named.map((signs) => [signs.sign, signs])).values()];
  const before = (at: number): number => bySign.slice(0, at).filter(({ layer }) => layer === bySign[at]!.layer).length;
  return bySign.map((signs, at) => (before(at) === 0 ? signs : { ...signs, layer: `${signs.layer}|${before(at)}` }));
}

function flattenedShape(graph: Graph, shapes: readonly MapShape[], index: number): MapShape {
  const { op, inputs } = graph.nodes[index]!;
  if (op === 'flatten') return shapes[inputs[0]!]!;
  return op === 'sign' || op === 'affine' ? flattenedShape(graph, shapes, inputs[0]!) : shapes[index]!;
}

/** Reorders signs (H, W, C) to (C, H, W). */
export function signsOf(data: Float32Array, channels: number): Int8Array {
  const pixels = data.length / channels;
  const signs = new Int8Array(data.length);
  data.forEach((sign, i) => {
    signs[(i % channels) * pixels + Math.floor(i / channels)] = sign;
  });
  return signs;
}

/** Makes an `.npz` of int8 arrays (N, C, H, W). @param layers by name, the shape of an image's map, and each image's signs (C, H, W). */
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
