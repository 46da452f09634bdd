import { crc32, readModel } from '@signwave/format';
import { type KernelChoice, load, prepareImage, type RasterImage } from '@signwave/runtime';

/** Models and images in one JSON text, since every engine reads that. Bytes are in base64. */
export interface Workload {
  readonly models: readonly {
    readonly name: string;
    readonly bytes: string;
    readonly images: readonly (Omit<RasterImage, 'data'> & { readonly data: string })[];
  }[];
}

/** CRC-32 of what one model computed, each over all images, 8 hexadecimal digits. */
export interface ModelDigests {
  readonly name: string;
  /** Of the bytes that the recipe made of the images: Pillow's resize. */
  readonly input: string;
  /** Of the bits of each sign that a binary layer reads, by the index of its node. */
  readonly layers: Readonly<Record<string, string>>;
  /** Of the logits' float32 bits. */
  readonly logits: string;
}

/**
 * Run every model of a workload on its images.
 *
 * @param text a {@link Workload} as JSON.
 */
export async function digestWorkload(text: string, kernels: KernelChoice): Promise<ModelDigests[]> {
  const { models } = JSON.parse(text) as Workload;
  const digests: ModelDigests[] = [];
  for (const { name, bytes, images } of models) {
    const decoded = images.map((image) => ({ ...image, data: decode(image.data) }));
    digests.push(await digestModel(name, decode(bytes), decoded, kernels));
  }
  return digests;
}

async function digestModel(
  name: string,
  bytes: Uint8Array,
  images: readonly RasterImage[],
  kernels: KernelChoice,
): Promise<ModelDigests> {
  const { graph } = readModel(bytes, name);
  const model = await load(bytes, { name, kernels });
  const { recipe, height, width } = model.input;
  if (!recipe) throw new Error(`${name} has no input recipe`);
  const signs = graph.nodes.flatMap(({ op }, index) => (op === 'sign' ? [index] : []));
  const layers: Record<string, number> = {};
  let [input, logits] = [0, 0];
  for (const image of images) {
    const prepared = prepareImage(image, recipe, height, width);
    input = crc32(prepared, input);
    logits = crc32(bytesOf(model.run(prepared)), logits);
    for (const node of signs) {
      const bits = model.signBits(node);
      if (bits) layers[node] = crc32(bits, layers[node] ?? 0);
    }
  }
  model.dispose();
  return {
    name,
    input: hex(input),
    layers: Object.fromEntries(Object.entries(layers).map(([node, crc]) => [node, hex(crc)])),
    logits: hex(logits),
  };
}

/** Every engine here is little-endian, as WebAssembly is. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

function decode(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
