/** @typedef {readonly { predictions: readonly { index: number, logit: number }[] }[]} Outputs of `signwave run --json --top N`, N the number of classes */

/**
 * How an option of `signwave convert` changes a network's outputs.
 *
 * @param {Outputs} exact for the network without the option: images in some order, each with all its classes, the likeliest first.
 * @param {Outputs} changed the same images, for the network with it.
 * @returns {{ images: number, otherFirstClass: number, largestShift: number }} images, those whose first class is another one, and the greatest
 *   change of a logit as a share of the distance between the largest and the least logit of its image.
 */
export function outputChange(exact, changed) {
  let otherFirstClass = 0;
  let largestShift = 0;
  for (const [i, { predictions }] of exact.entries()) {
    const others = changed[i].predictions;
    if (predictions[0].index !== others[0].index) otherFirstClass++;
    const logits = new Map(others.map(({ index, logit }) => [index, logit]));
    const range = predictions[0].logit - predictions[predictions.length - 1].logit;
    for (const { index, logit } of predictions)
      largestShift = Math.max(largestShift, Math.abs(Number(logits.get(index)) - logit) / range);
  }
  return { images: exact.length, otherFirstClass, largestShift };
}
