import { keyedOrder } from './keyed-random.js';

/** The same for training and evaluation, and independent of a training run's seed, so that both see the same images. */
const SAMPLE_SEED = 0;
/** Numbers that keep streams of random numbers apart from each other. */
const FOR_REST = 1;
const FOR_CLASS = 2;

/**
 * Choose images evenly over a whole set: each class gets its share, give or take one, and they can lie anywhere among the images of the
 * class. A smaller sample isn't a part of a larger one.
 *
 * @param labels class of each image of the set.
 * @param count  images to choose; all, if the set has no more.
 * @returns indices into the set, ascending: the same for the same set, count and seed.
 */
export function sampleIndices(labels: ArrayLike<number>, count: number, seed: number = SAMPLE_SEED): Uint32Array {
  const total = labels.length;
  if (count >= total) return Uint32Array.from({ length: total }, (_, index) => index);
  // In the order in which classes first occur, so that the sample doesn't depend on the classes' numbers.
  const members = new Map<number, number[]>();
  for (let index = 0; index < total; index++) {
    const list = members.get(labels[index]!);
    if (list) list.push(index);
    else members.set(labels[index]!, [index]);
  }
  const classes = [...members.values()];
  const shares = classes.map((list) => Math.floor((count * list.length) / total));
  // The rest goes to the classes that lost most by rounding down; a draw decides among equal ones.
  const lost = classes.map((list) => (count * list.length) % total);
  const byLoss = [...keyedOrder(classes.length, FOR_REST, seed)].sort((a, b) => lost[b]! - lost[a]!);
  const rest = count - shares.reduce((sum, share) => sum + share, 0);
  for (const c of byLoss.slice(0, rest)) shares[c]!++;
  const chosen = classes.flatMap((list, c) =>
    Array.from(keyedOrder(list.length, FOR_CLASS, seed, c).subarray(0, shares[c]!), (position) => list[position]!),
  );
  return Uint32Array.from(chosen).sort();
}

/** Describes a sample: "20 of 100 images, evenly over 10 classes, seed 0", or "100 images" if it is the whole set. */
export function describeSample(labels: ArrayLike<number>, indices: ArrayLike<number>): string {
  if (indices.length === labels.length) return `${labels.length} images`;
  const all = new Set(Array.from(labels)).size;
  const seen = new Set(Array.from(indices, (index) => labels[index]!)).size;
  const classes = seen === all ? `${all}` : `${seen} of ${all}`;
  return `${indices.length} of ${labels.length} images, evenly over ${classes} classes, seed ${SAMPLE_SEED}`;
}
