/**
 * Lists the images for which two networks have another first class.
 *
 * @param {Float32Array} a (images, classes)
 * @param {Float32Array} b of the same images in the same order
 * @param {number} images
 */
export function differingImages(a, b, images) {
  if (a.length !== b.length) throw new Error(`${a.length} outputs are compared with ${b.length}`);
  const ofB = firstClasses(b, images);
  return firstClasses(a, images).flatMap((it, n) => (it === ofB[n] ? [] : [n]));
}

/**
 * Finds the class with the largest logit for each image; of several, the first.
 *
 * @param {Float32Array} logits (images, classes)
 * @param {number} images
 * @returns {number[]}
 */
export function firstClasses(logits, images) {
  const classes = logits.length / images;
  return Array.from({ length: images }, (_, n) => {
    const row = logits.subarray(n * classes, (n + 1) * classes);
    return row.reduce((best, value, i) => (value > row[best] ? i : best), 0);
  });
}
