import { crc32, readModel } from '@signwave/format';
import { type KernelChoice, load, type Model, prepareImage, type RasterImage } from '@signwave/runtime';

/** Models and images in one JSON text, which every engine can read. Bytes are in base64. */
export interface Workload {
  readonly models: readonly {
    readonly name: string;
    readonly bytes: string;
    readonly images: readonly (Omit<RasterImage, 'data'> & { readonly data: string })[];
  }[];
}

/** CRC-32s of what one model computed, each over all images, as 8 hexadecimal digits. */
export interface ModelDigests {
  readonly name: string;
  /** CRC of the bytes that the recipe made from the images, which Pillow's resize would give. */
  readonly input: string;
  /** CRCs of the bits of each sign that a binary layer reads, by the index of its node. */
  readonly layers: Readonly<Record<string, string>>;
  /** CRC of the logits' float32 bits. */
  readonly logits: string;
}

/** What an engine computed for a workload. */
export interface WorkloadDigests {
  readonly models: readonly ModelDigests[];
  /** Why fewer threads worked than were asked for; absent if as many did. */
  readonly threadsReason?: string;
}

/** How a workload is run. In the programs' arguments: `simd 1`, `scalar 1` or `simd 2`. */
export interface Way {
  readonly kernels: KernelChoice;
  readonly threads: number;
}

export function wayOf(kernels: string | null | undefined, threads: string | null | undefined): Way {
  return { kernels: kernels as KernelChoice, threads: Number(threads) };
}

/**
 * Runs every model of a workload on its images.
 *
 * @param text a {@link Workload} as JSON.
 */
export async function digestWorkload(text: string, way: Way): Promise<WorkloadDigests> {
  const { models } = JSON.parse(text) as Workload;
  const digests: ModelDigests[] = [];
  let threadsReason: string | undefined;
  for (const { name, bytes, images } of models) {
    const file = decode(bytes);
    const { graph } = readModel(file, name);
    // No `using` here, because some engines lack Symbol.dispose.
    const model = await load(file, { name, ...way });
    const info = model.info();
    if (info.threads !== way.threads) threadsReason = info.threadsReason;
    const signs = graph.nodes.flatMap(({ op }, index) => (op === 'sign' ? [index] : []));
    const decoded = images.map((image) => ({ ...image, data: decode(image.data) }));
    digests.push({ name, ...digestModel(model, decoded, signs) });
    model.dispose();
  }
  return { models: digests, ...(threadsReason !== undefined && { threadsReason }) };
}

function digestModel(
  model: Model,
  images: readonly RasterImage[],
  signs: readonly number[],
): Omit<ModelDigests, 'name'> {
  const { recipe, height, width } = model.input;
  if (!recipe) throw new Error(`${model.metadata.name} has no input recipe`);
  const layers: Record<string, number> = {};
  let [input, logits] = [0, 0];
  const inputs = images.map((image) => prepareImage(image, recipe, height, width));
  for (const prepared of inputs) {
    input = crc32(bytesOf(prepared), input);
    logits = crc32(bytesOf(model.run(prepared)), logits);
    for (const node of signs) {
      const bits = model.signBits(node);
      if (bits) layers[node] = crc32(bits, layers[node] ?? 0);
    }
  }
  // In a batch, each thread takes an input of its own.
  const ofBatch = model.runBatch(inputs).reduce((crc, outputs) => crc32(bytesOf(outputs), crc), 0);
  if (ofBatch !== logits)
    throw new Error(`${model.metadata.name}: a batch gives ${hex(ofBatch)}, its images ${hex(logits)}`);
  return {
    input: hex(input),
    layers: Object.fromEntries(Object.entries(layers).map(([node, crc]) => [node, hex(crc)])),
    logits: hex(logits),
  };
}

/** The bytes of floats, or bytes themselves; every engine here is little-endian, as WebAssembly is. */
export function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

function decode(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
