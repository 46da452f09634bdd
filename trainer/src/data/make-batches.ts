import { type FileImages, type ImageSet, keyedOrder, keyedRandom, type MemoryImages } from '@signwave/data';
import { normalisationTable, normalise, writeShifted } from './augment.js';
import { type Batch, type BatchPlan, type BatchPosition, batchesPerEpoch } from './batch-plan.js';
import { decodeSquare } from './decode-image.js';
import { type View, viewNumber } from './views.js';

/** Numbers that keep streams of random numbers apart from each other. */
const FOR_ORDER = 1;
const FOR_IMAGE = 2;
const FOR_FIRST_FLIP = 3;
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
      const variation: Variation = { randomAt, epoch };
      const shown =
        set.kind === 'memory'
          ? fromMemory(set, plan, table, indices, variation)
          : await fromFiles(set, plan, table, indices, variation);
      const labels = Int32Array.from(indices, (index) => set.labels[index]!);
      yield { epoch, batch, count: indices.length, labels, ...shown };
    }
  }
}

type Shown = Pick<Batch, 'images' | 'views'>;

/** What varies the images of a batch. */
interface Variation {
  /** Random numbers for the image at index i of the batch. */
  readonly randomAt: (i: number) => () => number;
  readonly epoch: number;
}

/** Whether to mirror an image. @param index of the image in the set. @param random its random numbers, one of which may be used up. */
function isMirrored(plan: BatchPlan, index: number, epoch: number, random: () => number): boolean {
  const { augmentation, seed } = plan;
  if (augmentation.flip !== 'alternate') return augmentation.flip && random() < 0.5;
  const startsMirrored = keyedRandom(FOR_FIRST_FLIP, seed, index)() < 0.5;
  return startsMirrored === (epoch % 2 === 0);
}

function fromMemory(
  set: MemoryImages,
  plan: BatchPlan,
  table: Float32Array,
  indices: readonly number[],
  { randomAt, epoch }: Variation,
): Shown {
  const size = set.height * set.width * set.channels;
  const images = new Float32Array(indices.length * size);
  const views = new Int32Array(indices.length);
  const pad = plan.augmentation.cropPadding;
  for (const [i, index] of indices.entries()) {
    const random = randomAt(i);
    const view: View = {
      dy: pad === 0 ? 0 : Math.floor(random() * (2 * pad + 1)) - pad,
      dx: pad === 0 ? 0 : Math.floor(random() * (2 * pad + 1)) - pad,
      flip: isMirrored(plan, index, epoch, random),
    };
    writeShifted(set, index, view, table, images, i * size);
    views[i] = viewNumber(pad, index, view);
  }
  return { images, views };
}

/** Decodes all files of a batch at the same time: sharp uses threads of its own. */
async function fromFiles(
  set: FileImages,
  plan: BatchPlan,
  table: Float32Array,
  indices: readonly number[],
  { randomAt, epoch }: Variation,
): Promise<Shown> {
  const { augmentation, side, shuffle } = plan;
  const size = side * side * FILE_CHANNELS;
  const images = new Float32Array(indices.length * size);
  const load = async (index: number, i: number): Promise<void> => {
    const random = randomAt(i);
    const isFlipped = isMirrored(plan, index, epoch, random);
    const bytes = await decodeSquare(
      set.paths[index]!,
      side,
      augmentation.resizedCropArea,
      shuffle ? random : undefined,
    );
    normalise(isFlipped ? mirrored(bytes, side) : bytes, FILE_CHANNELS, table, images, i * size);
  };
  await Promise.all(indices.map(load));
  return { images };
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
