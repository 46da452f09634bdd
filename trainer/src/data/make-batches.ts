import { type FileImages, type ImageSet, keyedOrder, keyedRandom, type MemoryImages } from '@signwave/data';
import { normalisationTable, normalise, writeShifted } from './augment.js';
import { type Batch, type BatchPlan, type BatchPosition, batchesPerEpoch } from './batch-plan.js';
import { decodeSquare } from './decode-image.js';

/** Numbers that keep streams of random numbers apart from each other. */
const FOR_ORDER = 1;
const FOR_IMAGE = 2;
const FILE_CHANNELS = 3;

/** The batches that a stream gives: from `first` to the end of epoch `epochs` - 1. */
export interface BatchRange {
  readonly first: BatchPosition;
  readonly epochs: number;
}

/**
 * All batches of a range, one after the other. A batch depends on nothing but the set, the plan and its position, so a stream can start
 * anywhere.
 */
export async function* makeBatches(set: ImageSet, plan: BatchPlan, range: BatchRange): AsyncGenerator<Batch> {
  const perEpoch = batchesPerEpoch(set.count, plan);
  const table = normalisationTable(set.kind === 'memory' ? set.channels : FILE_CHANNELS, plan);
  let { epoch, batch } = range.first;
  for (; epoch < range.epochs; epoch++, batch = 0) {
    const order = plan.shuffle ? keyedOrder(set.count, FOR_ORDER, plan.seed, epoch) : undefined;
    for (; batch < perEpoch; batch++) {
      const from = batch * plan.batchSize;
      const indices = Array.from(
        { length: Math.min(plan.batchSize, set.count - from) },
        (_, i) => order?.[from + i] ?? from + i,
      );
      const randomAt = (i: number) => keyedRandom(FOR_IMAGE, plan.seed, epoch, from + i);
      const images =
        set.kind === 'memory'
          ? fromMemory(set, plan, table, indices, randomAt)
          : await fromFiles(set, plan, table, indices, randomAt);
      const labels = Int32Array.from(indices, (index) => set.labels[index]!);
      yield { epoch, batch, count: indices.length, images, labels };
    }
  }
}

/** @param i index in the batch of the image that needs random numbers. */
type RandomAt = (i: number) => () => number;

function fromMemory(
  set: MemoryImages,
  { augmentation }: BatchPlan,
  table: Float32Array,
  indices: readonly number[],
  randomAt: RandomAt,
): Float32Array<ArrayBuffer> {
  const size = set.height * set.width * set.channels;
  const images = new Float32Array(indices.length * size);
  const pad = augmentation.cropPadding;
  for (const [i, index] of indices.entries()) {
    const random = randomAt(i);
    const shift = {
      dy: pad === 0 ? 0 : Math.floor(random() * (2 * pad + 1)) - pad,
      dx: pad === 0 ? 0 : Math.floor(random() * (2 * pad + 1)) - pad,
      flip: augmentation.flip && random() < 0.5,
    };
    writeShifted(set, index, shift, table, images, i * size);
  }
  return images;
}

/** Decodes all files of a batch at the same time: sharp uses threads of its own. */
async function fromFiles(
  set: FileImages,
  { augmentation, side, shuffle }: BatchPlan,
  table: Float32Array,
  indices: readonly number[],
  randomAt: RandomAt,
): Promise<Float32Array<ArrayBuffer>> {
  const size = side * side * FILE_CHANNELS;
  const images = new Float32Array(indices.length * size);
  const load = async (index: number, i: number): Promise<void> => {
    const random = randomAt(i);
    const isMirrored = augmentation.flip && random() < 0.5;
    const bytes = await decodeSquare(
      set.paths[index]!,
      side,
      augmentation.resizedCropArea,
      shuffle ? random : undefined,
    );
    normalise(isMirrored ? mirrored(bytes, side) : bytes, FILE_CHANNELS, table, images, i * size);
  };
  await Promise.all(indices.map(load));
  return images;
}

/** Mirrors (side, side, 3) bytes left to right. */
function mirrored(bytes: Uint8Array, side: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let pixel = 0; pixel < side * side; pixel++) {
    const x = pixel % side;
    const from = (pixel - x + side - 1 - x) * FILE_CHANNELS;
    for (let c = 0; c < FILE_CHANNELS; c++) out[pixel * FILE_CHANNELS + c] = bytes[from + c]!;
  }
  return out;
}
